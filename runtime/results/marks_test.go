package results

import (
	"fmt"
	"testing"
	"time"

	"throng/dsl/plan"
)

// An alarm whose figures change each second is one alarm: it is marked when it
// is first raised.
func TestAnAlarmIsMarkedOnce(t *testing.T) {
	m := newMarker(&plan.Plan{})
	for s := range 60 {
		k := &tick{}
		k.At = time.Duration(s) * time.Second
		k.SoFar.Health.Saturated = []string{fmt.Sprintf("Steps began late: their 99th percentile is %d ms after they were due.", 30+s)}
		if s >= 20 {
			k.SoFar.Health.Saturated = append(k.SoFar.Health.Saturated, fmt.Sprintf("The process was short of CPU: it used 9%d %%.", s%10))
		}
		m.look(k)
	}
	got := fmt.Sprint(m.soFar(time.Minute))
	if want := fmt.Sprint([]Mark{{0, MarkAlarm, "Steps began late"}, {20 * time.Second, MarkAlarm, "The process was short of CPU"}}); got != want {
		t.Errorf("%s, want %s", got, want)
	}
}
