package changes

import (
	"strings"
	"testing"
)

func TestWindowsInWords(t *testing.T) {
	plain := `sla "overall" {
  match { users = ["operator"] }
`
	staged := `  users      = var.users
  spawn_rate = 5
  duration   = "5m"
`
	stages := `  stages = [{ name = "calm", users = 10, hold = "1m" }, { name = "spike", users = 90, hold = "4m" }]
`
	for _, c := range []struct {
		name  string
		edits []string
		want  string
	}{
		{"a window", []string{plain, plain + "  window = \"30s\"\n  all_but = 2\n"}, `1 change from old to new

SLAS
~ sla "overall"
    window length: 30s
    window all but: 2
`},
		{"a confidence", []string{plain, plain + "  confidence = \"95%\"\n"}, `1 change from old to new

SLAS
~ sla "overall"
    error_rate: at most 0.50 % → at most 0.50 %, 95 % sure
`},
		{"a stage", []string{staged, stages, plain, `sla "overall" {
  match {
    users  = ["operator"]
    stages = ["spike"]
  }
`}, `2 changes from old to new

LOAD
~ the load
    stage 1 "calm": to 10 users, hold 1m0s
    stage 2 "spike": to 90 users, hold 4m0s
    users: 30 → none
    ramp: 6s → none
    hold: 4m54s → none

SLAS
~ sla "overall"
    match: users operator → users operator; stages spike
    only what begins in: spike (1m0s to 5m0s)
`},
		{"an abort", []string{plain, plain + "  abort {\n    after = \"30s\"\n    grace = \"10s\"\n  }\n"}, `1 change from old to new

SLAS
~ sla "overall"
    abort after: 30s
    abort when broken for: 10s
`},
	} {
		src := base
		for i := 0; i < len(c.edits); i += 2 {
			src = strings.Replace(src, c.edits[i], c.edits[i+1], 1)
		}
		if got := written(t, Between(compile(t, base), compile(t, src))); got != c.want {
			t.Errorf("%s:\n%s", c.name, got)
		}
	}
}
