package truth

import (
	"strings"
	"testing"
	"testing/synctest"

	"throng/dsl"
	"throng/dsl/plan"
	"throng/runtime/engine"
	"throng/runtime/health"
	"throng/runtime/transport"
)

// A value that only a branch of setup captures, which is not taken, fails the
// requests that read it, and they say what to do; with try they do not.
func TestASetupValueOfABranchThatIsNotTaken(t *testing.T) {
	const setup = "setup {\n  get \"/a\" { capture = { status = response.status } }\n  when {\n    condition = session.status == 201\n    get \"/org\" { capture = { org = response.status } }\n  }\n}\n"
	for _, c := range []struct{ read, says string }{
		{"setup.org", "no step of setup that was done captured it. Where only a branch does, the others need a set, or the reader try(setup.org, null)"},
		{"try(setup.org, null)", ""},
	} {
		source := greenCase{user: "  wait = \"100ms\"\n  get \"/items\" { query = { org = " + c.read + " } }\n", more: setup}.source()
		r := compiled(t, source, dsl.Options{Seed: 1})
		if r.Plan == nil {
			t.Fatal(r.Diagnostics)
		}
		synctest.Test(t, func(t *testing.T) {
			o, err := engine.New(r.Plan, engine.Options{Health: monitored(health.Report{}), Factory: func(clock *transport.Clock) transport.Factory {
				return &mock{clock: clock, cut: make(chan struct{})}
			}}).Run(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			errors := o.Final.Errors
			if c.says == "" && len(errors) > 0 {
				t.Errorf("%s: %+v", c.read, errors)
			}
			if c.says != "" && (len(errors) != 1 || errors[0].Class != plan.FailExpression || !strings.Contains(errors[0].Detail, c.says)) {
				t.Errorf("%s: %+v", c.read, errors)
			}
		})
	}
}
