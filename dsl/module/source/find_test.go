package source

import (
	"testing"
	"testing/fstest"
)

func TestFind(t *testing.T) {
	file := &fstest.MapFile{}
	one := fstest.MapFS{"shop-1.2/lib/main.hcl": file, "shop-1.2/docs/x": file, "README": file}
	for _, c := range []struct{ text, want string }{
		{"https://h/x.zip", ""},
		{"https://h/x.zip//shop-1.2/lib", ""},
		{"https://h/x.zip//lib", `there is no directory "lib" in it. Directories in it: "shop-1.2". Write "https://h/x.zip//shop-1.2/lib"`},
		{"https://h/x.zip//none", `there is no directory "none" in it. Directories in it: "shop-1.2"`},
		{"https://h/x.zip//README", `there is no directory "README" in it. Directories in it: "shop-1.2"`},
		{"git::https://h/x//shop-1.2/bil/a", `there is no directory "shop-1.2/bil/a" in it. Directories in its directory "shop-1.2": "docs", "lib"`},
		{"git::https://h/x//shop-1.2/lib/a", `there is no directory "shop-1.2/lib/a" in it, and no directory at all in its directory "shop-1.2/lib"`},
	} {
		s, err := Parse(c.text)
		if err != nil {
			t.Fatal(err)
		}
		got := ""
		if err := s.Find(one); err != nil {
			got = err.Error()
		}
		if got != c.want {
			t.Errorf("%s:\n got %s\nwant %s", c.text, got, c.want)
		}
	}
}
