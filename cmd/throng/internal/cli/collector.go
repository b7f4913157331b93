package cli

import (
	"os"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"sync"
)

// leastHeap is how much may be allocated before garbage is collected. Go would
// begin at 4 MiB, and so collect every few seconds in a run that holds little:
// on one processor each time costs milliseconds in which what is due is late.
const leastHeap = 32 << 20

// rareCollections lets little garbage be, for as long as the process lives:
// the heap grows to leastHeap or, as usual, to twice what is in use. GOGC, if
// it is set, has its way.
var rareCollections = sync.OnceFunc(func() {
	if os.Getenv("GOGC") == "" {
		afterCollection()
	}
})

// afterCollection sets what the next collection waits for, and is called again
// after that one.
func afterCollection() {
	sample := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	metrics.Read(sample)
	debug.SetGCPercent(growth(sample[0].Value.Uint64()))
	sentinel := &struct{ _ [16]byte }{}
	runtime.AddCleanup(sentinel, func(struct{}) { afterCollection() }, struct{}{})
}

// growth is by how many percent of what is in use the heap may grow.
func growth(live uint64) int {
	const least, most = 100, 100 * leastHeap / (4 << 20) // Go's own 4 MiB, where nothing is in use yet
	return int(min(most, max(least, (leastHeap-min(live, leastHeap))*100/max(live, 1))))
}
