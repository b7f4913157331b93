package forecast

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"throng/dsl/plan"
	"throng/runtime/report"
)

// patient is 20 arrivals a second for ten minutes, then 2 a second for ten
// more, with an SLA on every request.
func patient(change func(*plan.SLA)) *Forecast {
	m := newMaker("shop", "day")
	m.Classes = []plan.Class{{Name: "u", Weight: 1}}
	m.Classes[0].Tasks = []plan.Task{m.get(0, 1, plan.Wait{}, "/")}
	m.sla("steady", "", false, quantile("p95", 0.95, time.Second))
	change(&m.SLAs[0])
	m.Profile.Duration = 20 * time.Minute
	p := m.load(plan.Load{Model: plan.Open, MaxUsers: 50, Stages: []plan.Stage{
		{Name: "day", Level: 20, Hold: 10 * time.Minute}, {Name: "night", Level: 2, Hold: 10 * time.Minute},
	}})
	return New(p)
}

func TestWindowsAreForecast(t *testing.T) {
	const minute = time.Minute
	for _, c := range []struct {
		name    string
		change  func(*plan.SLA)
		samples float64
		windows int64
		fewest  float64 // in a window; -1 without
		short   float64 // part of the windows, about
		kinds   string
		words   string
	}{
		{"none", func(s *plan.SLA) {}, 13_200, 0, -1, 0, "", ""},
		{"day's end is too quiet", func(s *plan.SLA) { s.Window = &plan.Window{Length: 10 * time.Second} }, 13_200, 1191, 20, 0.5, "windows_short",
			"steady must hold in each of 1,191 windows of 10 s; p95: at least about 20 samples in each, 59 needed"},
		{"long enough", func(s *plan.SLA) { s.Window = &plan.Window{Length: minute, AllBut: 2, For: 10 * time.Second} }, 13_200, 1141, 120, 0, "",
			"steady must hold in all but 2 of 1,141 windows of 1 min, broken ones counting only where they last 10 s; p95: at least about 120 samples in each, 59 needed"},
		{"by day", func(s *plan.SLA) {
			s.Stages = []plan.StageTime{{Name: "day", Begin: 0, End: 10 * minute}}
			s.Window = &plan.Window{Length: 10 * time.Second}
		}, 12_000, 591, 200, 0, "", "steady judges what begins in day, 0:00–10:00"},
		{"by night", func(s *plan.SLA) { s.Stages = []plan.StageTime{{Name: "night", Begin: 10 * minute, End: 20 * minute}} }, 1200, 0, -1, 0, "", ""},
		{"a moment", func(s *plan.SLA) {
			s.Stages = []plan.StageTime{{Name: "night", Begin: 20*minute - 10*time.Second, End: 20 * minute}}
		}, 20, 0, -1, 0, "samples_short", ""},
	} {
		f := patient(c.change)
		s, r := f.SLAs[0], f.SLAs[0].Rules[0]
		if float64(r.Fewest) != c.samples || s.Windows != c.windows || (r.WindowFewest == nil) != (c.fewest < 0) {
			t.Errorf("%s: %v samples, %d windows, %v", c.name, r.Fewest, s.Windows, r.WindowFewest)
			continue
		}
		if r.WindowFewest != nil && float64(*r.WindowFewest) != c.fewest {
			t.Errorf("%s: %v samples in a window, want %v", c.name, *r.WindowFewest, c.fewest)
		}
		if d := float64(r.WindowShort) - c.short; d > 0.05 || d < -0.05 {
			t.Errorf("%s: %v of the windows are short, want about %v", c.name, r.WindowShort, c.short)
		}
		var kinds []string
		for _, w := range f.Surprises {
			if w.Warning {
				kinds = append(kinds, w.Kind)
			}
		}
		if got := strings.Join(kinds, " "); got != c.kinds {
			t.Errorf("%s: warns of %q, want %q", c.name, got, c.kinds)
		}
		var out bytes.Buffer
		if err := WriteText(&out, f, report.TextOptions{Width: 200}); err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(strings.Join(strings.Fields(out.String()), " "), c.words) {
			t.Errorf("%s: %q is not in\n%s", c.name, c.words, out.String())
		}
	}
}
