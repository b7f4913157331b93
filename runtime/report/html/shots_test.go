package html

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
)

// TestShots is a scratch: pictures to look at.
func TestShots(t *testing.T) {
	dir := os.Getenv("SHOTS")
	if dir == "" {
		return
	}
	only := strings.Fields(os.Getenv("ONLY"))
	b := newBrowser(t)
	save := func(name string, data []byte) { os.WriteFile(dir+"/"+name, data, 0o644) }
	for _, r := range runs {
		page := write(t, r.make())
		save(r.name+".html", page)
		if len(only) > 0 && !slices.Contains(only, r.name) {
			continue
		}
		shots := func(name string, l look, part int) {
			b.open(page, l)
			var high int
			b.eval("document.documentElement.scrollHeight", &high)
			for i := 0; i*part < high; i++ {
				save(fmt.Sprintf("%s-%s-%d.png", r.name, name, i+1), b.shot(i*part, l.width, min(part, high-i*part)))
			}
			if c := b.complaints(); len(c) > 0 {
				t.Errorf("%s: %v", r.name, c)
			}
		}
		shots("light", look{width: 1280, fragment: "#open=0"}, 1200)
		save(r.name+"-print.pdf", b.pdf())
		if r.name == "passed" || r.name == "failed" {
			shots("dark", look{width: 1280, dark: true, fragment: "#open=0"}, 1200)
			shots("phone", look{width: 390, height: 844, fragment: "#open=0"}, 1500)
			shots("nojs", look{width: 1280, noJS: true}, 1200)
		}
	}
}
