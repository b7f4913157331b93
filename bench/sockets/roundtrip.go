package main

import (
	"encoding/binary"
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"sync"
	"time"
)

// roundtrip prints by how much measured round trips exceed what the server
// held the messages for. Both run on this machine, so the rest is its network
// and the measurement itself.
func roundtrip(n int, length time.Duration, out io.Writer) error {
	n, err := affordable(n)
	if err != nil {
		return err
	}
	server, err := startServer(false)
	if err != nil {
		return err
	}
	defer server.stop()
	c := newClients("plain", server.addr)
	defer c.factory.Close()
	if err := c.open(n); err != nil {
		return err
	}
	var (
		wg     sync.WaitGroup
		mu     sync.Mutex
		excess []int64
		failed error
	)
	start := time.Now().Add(time.Second)
	for _, k := range c.sockets {
		wg.Go(func() {
			all, err := k.every(start.Add(rand.N(time.Second)), start.Add(length))
			mu.Lock()
			defer mu.Unlock()
			excess = append(excess, all...)
			if err != nil {
				failed = err
			}
		})
	}
	wg.Wait()
	if failed != nil {
		return failed
	}
	for _, k := range c.sockets {
		wg.Go(func() { k.Close(1000, "") })
	}
	wg.Wait()
	slices.Sort(excess)
	fmt.Fprintf(out, "%d sockets, a message a second each for %v, held by the server for up to %v; measured round trip less the server's own note, %d messages.\n\n",
		n, length, maxHold, len(excess))
	fmt.Fprintln(out, "| least | median | p95 | p99 | most | within 1 ms |\n| --- | --- | --- | --- | --- | --- |")
	within, _ := slices.BinarySearch(excess, int64(time.Millisecond)+1)
	at := func(q float64) time.Duration {
		return time.Duration(excess[int(q*float64(len(excess)-1))]).Round(time.Microsecond)
	}
	fmt.Fprintf(out, "| %v | %v | %v | %v | %v | %.2f %% |\n", at(0), at(0.5), at(0.95), at(0.99), at(1), 100*float64(within)/float64(len(excess)))
	return nil
}

// every sends once a second and returns what each round trip took beyond the
// server's hold, in nanoseconds.
func (k *client) every(next, end time.Time) (excess []int64, err error) {
	message := make([]byte, 64)
	for ; next.Before(end); next = next.Add(time.Second) {
		time.Sleep(time.Until(next))
		at, _, err := k.Send(true, message, limit)
		if err != nil {
			return nil, err
		}
		e, err := k.message()
		if err != nil {
			return nil, err
		}
		excess = append(excess, e.At-at-int64(binary.BigEndian.Uint64(e.Data)))
	}
	return excess, nil
}
