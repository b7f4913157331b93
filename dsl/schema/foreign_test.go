package schema

import "testing"

func TestForeignWords(t *testing.T) {
	for _, word := range []string{"vus", "thresholds", "checks", "host", "on_start", "onStart", "catch_response", "wait_time", "constant-pacing"} {
		if Foreign(word) == "" {
			t.Errorf("nothing is said of %q", word)
		}
	}
	for word := range foreign {
		if Foreign(word) == "" {
			t.Errorf("%q is not folded, and never found", word)
		}
	}
	// What every block knows needs no translation.
	for _, b := range []string{"profile", "user", "sla", "target"} {
		for _, name := range append(Root.Nested(b).Block.ArgNames(), Root.Nested(b).Block.BlockNames()...) {
			if Foreign(name) != "" {
				t.Errorf("%s has %q itself", b, name)
			}
		}
	}
}
