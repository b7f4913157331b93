package sla

import (
	"testing"
	"time"

	"throng/dsl/plan"
)

func TestAborts(t *testing.T) {
	p := planOf(quantileRule(0.5, ms))
	p.SLAs = append(p.SLAs, p.SLAs[0], p.SLAs[0])
	p.SLAs[1].Abort = &plan.Abort{After: 5 * time.Second}
	p.SLAs[2].Abort = &plan.Abort{After: 2 * time.Second, Grace: 2 * time.Second}
	const none = -1
	for _, c := range []struct {
		name   string
		broken []string // by second: the SLAs that fail; w: one fails in a rule that only warns, o: fails in windows that are over
		want   []int
	}{
		{"one without abort", []string{"0", "0", "0"}, []int{none, none, none}},
		{"grace, from the first tick", []string{"2", "2", "2"}, []int{none, none, 2}},
		{"a break begins it anew", []string{"2", "2", "", "2", "2", "2"}, []int{none, none, none, none, none, 2}},
		{"grace counts before after", []string{"1", "1", "1", "1", "1"}, []int{none, none, none, none, 1}},
		{"the first of both", []string{"", "", "2", "2", "12"}, []int{none, none, none, none, 1}},
		{"a warning", []string{"w", "w", "w", "w", "w", "w"}, []int{none, none, none, none, none, none}},
		{"its windows are well again", []string{"o", "o", "o", "o", "o", "o"}, []int{none, none, none, none, none, none}},
	} {
		a := NewAborts(p)
		for i, failing := range c.broken {
			js := []Judgement{{SLA: 0, State: Pass}, {SLA: 1, State: Pass}, {SLA: 2, State: Pass}}
			for _, ch := range failing {
				switch ch {
				case 'w':
					js[1].State, js[1].Warn = Fail, true
				case 'o':
					js[1].State, js[1].Windows = Fail, &Windowed{}
				default:
					js[ch-'0'].State = Fail
				}
			}
			got, ok := a.Look(js, time.Duration(i+1)*time.Second)
			if !ok {
				got = none
			}
			if got != c.want[i] {
				t.Errorf("%s: %d at tick %d, want %d", c.name, got, i+1, c.want[i])
			}
		}
	}
}
