package dsl_test

import (
	"bytes"
	"path/filepath"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"throng/dsl"
	"throng/dsl/plan"
)

// The plans of a suite share what is the same in all profiles; each is the
// plan that its profile has alone, in whatever company it is made.
func TestSuiteMakesThePlansOfItsProfiles(t *testing.T) {
	for _, name := range []string{"quickstart", "autoarr"} {
		path := filepath.Join("..", "scenarios", name)
		o := dsl.Options{Seed: 7, Tool: "0.1.0"}
		r, plans := dsl.Suite(path, o, nil)
		if len(plans) < 2 || len(plans) != len(r.Profiles) {
			t.Fatalf("%s: %d plans of %q\n%v", name, len(plans), r.Profiles, r.Diagnostics)
		}
		for _, p := range plans {
			o.Profile = p.Profile.Name
			alone := dsl.Compile(path, o)
			if diff := cmp.Diff(dump(t, alone.Plan), dump(t, p)); diff != "" {
				t.Errorf("%s, profile %s: -alone +in the suite:\n%s", name, o.Profile, diff)
			}
		}
		names := []string{plans[1].Profile.Name, plans[0].Profile.Name}
		_, turned := dsl.Suite(path, o, names)
		if got := []string{turned[0].Profile.Name, turned[1].Profile.Name}; !slices.Equal(got, names) {
			t.Errorf("asked for %q, got %q", names, got)
		}
	}
}

func dump(t *testing.T, p *plan.Plan) string {
	t.Helper()
	var b bytes.Buffer
	if err := plan.Dump(&b, p); err != nil {
		t.Fatal(err)
	}
	return b.String()
}
