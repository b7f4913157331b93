package exampleapi

import (
	"bytes"
	"os"
	"runtime"
	"runtime/metrics"
	"strconv"
)

// processState is what the operating system and the Go runtime say about this
// process. It is the whole process: whoever embeds a service shares it.
type processState struct {
	resident   uint64  // bytes in memory
	heap       uint64  // bytes of live and not yet collected objects
	cpuSeconds float64 // user and system; negative if unknown
}

func readProcess() processState {
	samples := []metrics.Sample{
		{Name: "/memory/classes/heap/objects:bytes"},
		{Name: "/memory/classes/total:bytes"},
		{Name: "/memory/classes/heap/released:bytes"},
	}
	metrics.Read(samples)
	p := processState{
		heap:       samples[0].Value.Uint64(),
		resident:   samples[1].Value.Uint64() - samples[2].Value.Uint64(),
		cpuSeconds: -1,
	}
	if pages, ok := procNumber("/proc/self/statm", 1); ok {
		p.resident = pages * uint64(os.Getpagesize())
	}
	user, ok := procNumber("/proc/self/stat", 13)
	system, ok2 := procNumber("/proc/self/stat", 14)
	if ok && ok2 {
		p.cpuSeconds = float64(user+system) / clockTicks
	}
	return p
}

// clockTicks is how many times a second Linux counts in /proc/self/stat.
const clockTicks = 100

// procNumber reads one number from a file of Linux's /proc. Fields count from
// 0; a command name in parentheses is one field.
func procNumber(path string, field int) (uint64, bool) {
	text, err := os.ReadFile(path)
	if err != nil {
		return 0, false
	}
	if i := bytes.LastIndexByte(text, ')'); i >= 0 {
		text, field = text[i+1:], field-2
	}
	fields := bytes.Fields(text)
	if field < 0 || field >= len(fields) {
		return 0, false
	}
	n, err := strconv.ParseUint(string(fields[field]), 10, 64)
	return n, err == nil
}

func (s *Service) appendProcess(e *exposition) {
	p := readProcess()
	e.single("process_resident_memory_bytes", "gauge", "Memory of the whole process.", float64(p.resident))
	if p.cpuSeconds >= 0 {
		e.single("process_cpu_seconds_total", "counter", "CPU time of the whole process.", p.cpuSeconds)
	}
	e.single("process_start_time_seconds", "gauge", "When the service was made, in Unix time.", float64(s.started.UnixMilli())/1000)
	e.single("go_memstats_heap_alloc_bytes", "gauge", "Heap objects of the whole process.", float64(p.heap))
	e.single("go_goroutines", "gauge", "Goroutines of the whole process.", float64(runtime.NumGoroutine()))
}
