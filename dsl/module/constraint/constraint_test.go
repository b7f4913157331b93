package constraint_test

import (
	"testing"

	"throng/dsl/module/constraint"
)

func TestMeets(t *testing.T) {
	for _, c := range []struct {
		version     string
		constraints []string
		want        bool
	}{
		{"v1.2.3", nil, true},
		{"1.2.3", []string{"1.2.3"}, true},
		{"v1.2.3", []string{"= 1.2.3"}, true},
		{"v1.2.4", []string{"1.2.3"}, false},
		{"v1.9.0", []string{"~> 1.2"}, true},
		{"v2.0.0", []string{"~> 1.2"}, false},
		{"v1.2.9", []string{"~> 1.2.3"}, true},
		{"v1.3.0", []string{"~> 1.2.3"}, false},
		{"v1.5.0", []string{">= 1.2, < 2.0", "!= 1.4.0"}, true},
		{"v1.4.0", []string{">= 1.2, < 2.0", "!= 1.4.0"}, false},
		{"v1.3.0", []string{"~> 1.2", ">= 2"}, false},

		// A pre-release is taken where it is named, and nowhere else.
		{"v2.0.0-rc1", nil, false},
		{"v2.0.0-rc1", []string{">= 1"}, false},
		{"v2.0.0-rc1", []string{"!= 1.0.0"}, false},
		{"v2.0.0-rc2", []string{">= 2.0.0-rc1"}, false},
		{"v2.0.0-rc1", []string{"2.0.0-rc1"}, true},
		{"v2.0.0-rc1", []string{"=2.0.0-rc1"}, true},
		{"v2.0.0-rc1", []string{"2.0.0-rc1", ">= 1"}, false},

		{"latest", nil, false},
		{"", nil, false},
		{"v1.0.0", []string{"nonsense"}, false},
	} {
		if got := constraint.Meets(c.version, c.constraints); got != c.want {
			t.Errorf("Meets(%q, %q) is %v", c.version, c.constraints, got)
		}
	}
}

func TestBest(t *testing.T) {
	offers := []string{"v3.0.0-rc1", "v2.1.0", "v2.0.0", "1.9.0", "v1.2.0"}
	for _, c := range []struct {
		constraints []string
		want        string
	}{
		{nil, "v2.1.0"}, {[]string{"~> 1.2"}, "1.9.0"}, {[]string{"~> 1.2", "< 1.9"}, "v1.2.0"}, {[]string{"3.0.0-rc1"}, "v3.0.0-rc1"}, {[]string{"> 4"}, ""},
	} {
		if got := constraint.Best(offers, c.constraints); got != c.want {
			t.Errorf("Best(%q) is %q, want %q", c.constraints, got, c.want)
		}
	}
}

func TestCheck(t *testing.T) {
	for _, good := range []string{"1.2.3", "v1.2.3", "~> 1.2", ">= 1.0, < 2", "!=1.2.0", "= 2.0.0-rc.1"} {
		if err := constraint.Check(good); err != nil {
			t.Errorf("%q: %v", good, err)
		}
	}
	for _, bad := range []string{"", " ", "latest", "^1.2", "1.x", ">= 1.0 < 2", "1.2.3,", "~ 1", "99999999999999999999"} {
		if err := constraint.Check(bad); err == nil {
			t.Errorf("%q is taken", bad)
		}
	}
}

func TestIsVersion(t *testing.T) {
	for text, want := range map[string]bool{
		"v1.2.3": true, "1.2.3": true, "1.2.3-rc.1": true, "v1.2.3+b": true,
		"v1": false, "1.2": false, "main": false, "": false, "release-1.2.3": false, "v1.2.3.4.x": false, "1-2.3.4": false,
	} {
		if constraint.IsVersion(text) != want {
			t.Errorf("IsVersion(%q) is %v", text, !want)
		}
	}
}
