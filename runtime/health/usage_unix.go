//go:build unix

package health

import (
	"syscall"
	"time"
)

// readUsage is the CPU time this process has used, and the time of day.
func readUsage() (cpu, wall time.Duration, ok bool) {
	var r syscall.Rusage
	var now syscall.Timeval
	if syscall.Getrusage(syscall.RUSAGE_SELF, &r) != nil || syscall.Gettimeofday(&now) != nil {
		return 0, 0, false
	}
	return time.Duration(r.Utime.Nano() + r.Stime.Nano()), time.Duration(now.Nano()), true
}
