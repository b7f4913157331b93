package main

import (
	"encoding/json"
	"fmt"
	"net"
	"os"
	"runtime"
	"slices"
	"strconv"
	"syscall"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// floored is what a bare loop says of itself.
type floored struct {
	Sent, Missed int64
	LagP99       float64 // ms, by nearest rank
}

// runFloor is the least a generator can do that wakes up for each arrival: one
// thread, one system call to sleep until the next arrival or answer, one to
// write a request and one to read an answer, nothing checked and nothing
// recorded but how late it was. What it costs on a machine nothing that sends
// each request when it is due can undercut there. args are an address, a rate
// a second, a number of seconds, and how many arrivals are sent at once, at
// the time that the last of them is due.
func runFloor(args []string) error {
	addr, err := net.ResolveTCPAddr("tcp4", args[0])
	if err != nil {
		return err
	}
	rate, err := strconv.Atoi(args[1])
	if err != nil {
		return err
	}
	seconds, err := strconv.Atoi(args[2])
	if err != nil {
		return err
	}
	group, err := strconv.Atoi(args[3])
	if err != nil {
		return err
	}
	runtime.LockOSThread()
	l := &bareLoop{to: unix.SockaddrInet4{Port: addr.Port, Addr: [4]byte(addr.IP.To4())},
		request: []byte("GET / HTTP/1.1\r\nHost: " + args[0] + "\r\n\r\n"), buf: make([]byte, 16<<10)}
	if l.poll, err = unix.EpollCreate1(0); err != nil {
		return err
	}
	f, err := l.run(int64(rate), int64(rate*seconds), int64(group))
	if err != nil {
		return err
	}
	return json.NewEncoder(os.Stdout).Encode(f)
}

type bareLoop struct {
	poll    int
	to      unix.SockaddrInet4
	request []byte
	buf     []byte
	idle    []int32 // connections; the one that was used last is at the end
	opened  int
}

const bareConnections = 1000

func (l *bareLoop) run(rate, n, group int64) (f floored, err error) {
	lags := make([]int64, 0, n)
	events := make([]unix.EpollEvent, 64)
	begin := time.Now()
	due := func(i int64) time.Duration { return time.Duration(i * int64(time.Second) / rate) }
	together := func(i int64) int64 { return i/group*group + group - 1 } // the last of i's group
	for next, open := int64(0), int64(0); next < n || open > 0; {
		now := time.Since(begin)
		for next < n && due(together(next)) <= now {
			sent, err := l.send()
			if err != nil {
				return f, err
			}
			if sent {
				lags = append(lags, int64(now-due(next)))
				open++
			} else {
				f.Missed++
			}
			next++
			now = time.Since(begin)
		}
		wait := time.Second
		if next < n {
			wait = max(0, due(together(next))-now)
		}
		got, err := l.sleep(events, wait)
		if err != nil {
			return f, err
		}
		if got == 0 && next == n {
			return f, fmt.Errorf("%d answers did not come within a second", open)
		}
		for _, e := range events[:got] {
			if read, _, no := syscall.RawSyscall(unix.SYS_READ, uintptr(e.Fd), uintptr(unsafe.Pointer(&l.buf[0])), uintptr(len(l.buf))); no != 0 || read == 0 {
				return f, fmt.Errorf("the target closed a connection: %w", no)
			}
			l.idle = append(l.idle, e.Fd)
			open--
		}
	}
	f.Sent = int64(len(lags))
	slices.Sort(lags)
	f.LagP99 = float64(lags[(f.Sent*99+99)/100-1]) / 1e6
	return f, nil
}

// sleep waits until there is an answer, but no longer than d.
func (l *bareLoop) sleep(events []unix.EpollEvent, d time.Duration) (int, error) {
	spec := unix.NsecToTimespec(int64(d))
	n, _, no := syscall.RawSyscall6(unix.SYS_EPOLL_PWAIT2, uintptr(l.poll), uintptr(unsafe.Pointer(&events[0])), uintptr(len(events)), uintptr(unsafe.Pointer(&spec)), 0, 0)
	switch no {
	case 0:
		return int(n), nil
	case unix.EINTR:
		return 0, nil
	}
	return 0, no
}

// send sends a request. It reports false when every connection waits for an
// answer and no more may be opened.
func (l *bareLoop) send() (bool, error) {
	if len(l.idle) == 0 {
		if l.opened == bareConnections {
			return false, nil
		}
		if err := l.open(); err != nil {
			return false, err
		}
	}
	fd := l.idle[len(l.idle)-1]
	l.idle = l.idle[:len(l.idle)-1]
	if _, _, no := syscall.RawSyscall(unix.SYS_WRITE, uintptr(fd), uintptr(unsafe.Pointer(&l.request[0])), uintptr(len(l.request))); no != 0 {
		return false, no
	}
	return true, nil
}

func (l *bareLoop) open() error {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return err
	}
	if err := unix.Connect(fd, &l.to); err != nil {
		return err
	}
	if err := unix.SetsockoptInt(fd, unix.IPPROTO_TCP, unix.TCP_NODELAY, 1); err != nil {
		return err
	}
	l.opened++
	l.idle = append(l.idle, int32(fd))
	return unix.EpollCtl(l.poll, unix.EPOLL_CTL_ADD, fd, &unix.EpollEvent{Events: unix.EPOLLIN, Fd: int32(fd)})
}
