package cli

import (
	"slices"
	"testing"
)

func TestWorstExitCode(t *testing.T) {
	codes := []int{ExitPass, ExitInconclusive, ExitFailed, ExitError, ExitInterrupted} // the best first
	for i, a := range codes {
		for k, b := range codes {
			if got, want := worst(a, b), codes[max(i, k)]; got != want {
				t.Errorf("the worse of %d and %d is %d, want %d", a, b, got, want)
			}
		}
	}
}

func TestSeveralProfiles(t *testing.T) {
	for _, c := range []struct {
		profile string
		names   []string
		suite   bool
		fails   bool
	}{
		{"", nil, false, false},
		{"one", nil, false, false},
		{"all", nil, true, false},
		{"one, two", []string{"one", "two"}, true, false},
		{"two,one", []string{"two", "one"}, true, false},
		{"one,", nil, false, true},
		{"one,one", nil, false, true},
		{"one,all", nil, false, true},
	} {
		f := runFlags{scenarioFlags: scenarioFlags{profile: c.profile}}
		names, suite, err := f.several()
		if !slices.Equal(names, c.names) || suite != c.suite || (err != nil) != c.fails {
			t.Errorf("--profile %q: %q, %v, %v", c.profile, names, suite, err)
		}
	}
}
