package engine

import (
	"os"
	"runtime"
	"syscall"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// alarm makes Go's timers exact. An idle Go program on Linux sleeps in whole
// milliseconds, so what it does on time it does up to a millisecond late:
// arrivals, the ends of waits, and the lag that health is judged by. An alarm
// is a timer of the kernel that wakes the network poller on the microsecond;
// whoever wakes it looks at Go's own timers. Nobody reads it: its event is
// all there is to it. A nil alarm, which the kernel has refused, does nothing.
type alarm struct {
	file *os.File
	fd   int
}

func newAlarm() *alarm {
	fd, err := unix.TimerfdCreate(unix.CLOCK_MONOTONIC, unix.TFD_NONBLOCK|unix.TFD_CLOEXEC)
	if err != nil {
		return nil
	}
	return &alarm{os.NewFile(uintptr(fd), "timerfd"), fd}
}

// slack is how much later than asked an alarm rings, so that a timer of Go's
// that was set for the same time a moment before is due by then.
const slack = 2 * time.Microsecond

// set rings once, after d, instead of what was set before. It does not tell
// the scheduler of its system call, which cannot block.
func (a *alarm) set(d time.Duration) {
	if a == nil {
		return
	}
	spec := unix.ItimerSpec{Value: unix.NsecToTimespec(int64(max(d, 0) + slack))}
	_, _, _ = syscall.RawSyscall6(unix.SYS_TIMERFD_SETTIME, uintptr(a.fd), 0, uintptr(unsafe.Pointer(&spec)), 0, 0, 0)
	runtime.KeepAlive(a.file)
}

func (a *alarm) close() {
	if a != nil {
		a.file.Close()
	}
}
