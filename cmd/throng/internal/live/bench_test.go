package live

import (
	"testing"

	"throng/runtime/report/reporttest"
	"throng/runtime/report/text"
)

// What one second of the display costs the generator.
func BenchmarkTick(b *testing.B) {
	r := reporttest.Failed()
	v := &view{plan: r.Plan, st: text.Style{Color: true}, history: newHistory(r.Plan)}
	for b.Loop() {
		v.take(r.Ticks[60])
		v.frame(120, 40)
	}
}
