package engine

import (
	"os"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

// finePeriod is how exact timers are with FineTimers. A wake-up costs about
// 5 µs, so a shorter period would be felt.
const finePeriod = 250 * time.Microsecond

// FineTimers makes the timers of this process exact to a quarter of a
// millisecond until stop is called. Without it an idle Go program on Linux
// sleeps in whole milliseconds, and everything it does on time it does up to
// a millisecond late: arrivals, and the lag that health is judged by.
//
// A timer of the kernel wakes the network poller, and whoever wakes it looks
// at the timers. It costs about 2 % of one core. Where the kernel refuses,
// nothing changes.
func FineTimers() (stop func()) {
	fd, err := unix.TimerfdCreate(unix.CLOCK_MONOTONIC, unix.TFD_NONBLOCK|unix.TFD_CLOEXEC)
	if err != nil {
		return func() {}
	}
	every := unix.NsecToTimespec(int64(finePeriod))
	if err := unix.TimerfdSettime(fd, 0, &unix.ItimerSpec{Interval: every, Value: every}, nil); err != nil {
		unix.Close(fd)
		return func() {}
	}
	f := os.NewFile(uintptr(fd), "timerfd")
	var joined sync.WaitGroup
	joined.Go(func() {
		var expirations [8]byte
		for {
			if _, err := f.Read(expirations[:]); err != nil {
				return // closed
			}
		}
	})
	return func() {
		f.Close()
		joined.Wait()
	}
}
