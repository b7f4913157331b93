package live

import (
	"fmt"
	"strings"
	"testing"

	"throng/runtime/report/golden"
	"throng/runtime/report/reporttest"
	"throng/runtime/report/text"
)

func TestSocketFrames(t *testing.T) {
	r := reporttest.Sockets()
	for _, ascii := range []bool{false, true} {
		v := &view{plan: r.Plan, st: text.Style{ASCII: ascii}, history: newHistory(r.Plan)}
		for _, p := range r.Ticks[:60] {
			v.take(p)
		}
		for width := 60; width < 200; width += 7 {
			for _, height := range []int{10, 16, 24, 60} {
				fits(t, v.frame(width, height), width, height, ascii)
			}
		}
		for _, width := range []int{60, 80, 120} {
			name := fmt.Sprintf("sockets-%d", width)
			if ascii {
				name += "-ascii"
			}
			golden.Check(t, name+".txt", strings.Join(trimmed(v.frame(width, 30)), "\n")+"\n")
		}
	}
}
