package main

import (
	"bytes"
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"os"
	"runtime"
	"slices"
	"strconv"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

// blockers are the threads of floor. They must be more than are ever under
// way: 400/s and 500 ms are 200.
const blockers = 300

// floor offers a rate for a span with nothing between the kernel and the
// figures: each request has a thread that sleeps until it is due, writes and
// reads, each one blocking system call over a connection of its own. What it
// tells above the server's log no client can avoid on this machine. It prints
// what wrk's script prints. args are the URL, the rate and the span.
func floor(args []string) error {
	if len(args) != 3 {
		return errors.New("floor takes a URL, a rate and a span")
	}
	rate, err1 := strconv.Atoi(args[1])
	span, err2 := time.ParseDuration(args[2])
	at, err3 := url.Parse(args[0])
	if err := errors.Join(err1, err2, err3); err != nil {
		return err
	}
	addr, err := netip.ParseAddrPort(at.Host)
	if err != nil {
		return err
	}
	runtime.GOMAXPROCS(blockers) // who returns from a call never waits for a processor
	n := int(float64(rate) * span.Seconds())
	took := make([]time.Duration, n)
	failed := make([]error, blockers)
	begin := nanos() + int64(500*time.Millisecond)
	var wg sync.WaitGroup
	for w := range blockers {
		wg.Go(func() {
			runtime.LockOSThread() // and ends with it
			failed[w] = block(addr, w, begin, time.Second/time.Duration(rate), took)
		})
	}
	wg.Wait()
	if err := errors.Join(failed...); err != nil {
		return err
	}
	slices.Sort(took)
	f := figuresOf(took)
	fmt.Println("TRUTH", f.N, f.Mean, f.P50, f.P95, f.P99, f.P999, f.Max)
	return nil
}

// block makes the requests first, first+blockers and so on of those that are
// a gap apart, and notes how long each took from when it was due.
func block(addr netip.AddrPort, first int, begin int64, gap time.Duration, took []time.Duration) error {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM, 0)
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	if err := unix.SetsockoptInt(fd, unix.IPPROTO_TCP, unix.TCP_NODELAY, 1); err != nil {
		return err
	}
	patience := unix.NsecToTimeval(int64(20 * time.Second))
	if err := unix.SetsockoptTimeval(fd, unix.SOL_SOCKET, unix.SO_RCVTIMEO, &patience); err != nil {
		return err
	}
	if err := unix.Connect(fd, &unix.SockaddrInet4{Port: int(addr.Port()), Addr: addr.Addr().As4()}); err != nil {
		return os.NewSyscallError("connect", err)
	}
	answer := make([]byte, 64<<10)
	for i := first; i < len(took); i += blockers {
		due := begin + int64(i)*int64(gap)
		until := unix.NsecToTimespec(due)
		for unix.ClockNanosleep(unix.CLOCK_MONOTONIC, unix.TIMER_ABSTIME, &until, nil) == unix.EINTR {
		}
		request := fmt.Appendf(nil, "GET / HTTP/1.1\r\nHost: %s\r\nX-Id: %d\r\n\r\n", addr, i)
		if _, err := unix.Write(fd, request); err != nil {
			return os.NewSyscallError("write", err)
		}
		n, err := unix.Read(fd, answer)
		for err == unix.EINTR {
			n, err = unix.Read(fd, answer)
		}
		took[i] = time.Duration(nanos() - due)
		if err != nil {
			return os.NewSyscallError("read", err)
		}
		if !bytes.HasPrefix(answer[:n], []byte("HTTP/1.1 200 ")) {
			return fmt.Errorf("answer %q", answer[:n])
		}
	}
	return nil
}

// nanos is CLOCK_MONOTONIC.
func nanos() int64 {
	var t unix.Timespec
	_ = unix.ClockGettime(unix.CLOCK_MONOTONIC, &t) // it is always there
	return t.Nano()
}
