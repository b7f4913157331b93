package health

import (
	"syscall"
	"time"
)

// readUsage is the CPU time this process has used, and the time of day.
func readUsage() (cpu, wall time.Duration, ok bool) {
	process, err := syscall.GetCurrentProcess()
	if err != nil {
		return 0, 0, false
	}
	var created, exited, kernel, user, now syscall.Filetime
	if syscall.GetProcessTimes(process, &created, &exited, &kernel, &user) != nil {
		return 0, 0, false
	}
	syscall.GetSystemTimeAsFileTime(&now)
	return ticks(kernel) + ticks(user), time.Duration(now.Nanoseconds()), true
}

// ticks is a span that Windows counts in steps of 100 ns. Filetime's own
// Nanoseconds is for dates: it subtracts 1601.
func ticks(f syscall.Filetime) time.Duration {
	return time.Duration(int64(f.HighDateTime)<<32|int64(f.LowDateTime)) * 100
}
