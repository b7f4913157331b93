// Command sockets shows what WebSockets cost and how true their round trips
// are:
//
//	go run ./bench/sockets memory
//	go run ./bench/sockets roundtrip
//	go run ./bench/sockets users
//	go run ./bench/sockets truth
//
// memory opens sockets to a server in a process of its own, which then are
// silent, and prints what each adds to the resident memory of the process
// that holds them. roundtrip sends over many sockets once a second to a
// server that holds each message for a time it notes, and prints by how much
// the round trips measured here exceed that.
//
// users and truth ask the same of whole runs: the scenario in flow, run by the
// engine. users prints what a virtual user with a socket costs, and one
// without. truth holds the round trips that a run reports against the
// server's own log.
//
// Where a machine does more than this, chrt -r 1 (as root) keeps the rest out
// of the figures. As many sockets are opened as the limit on descriptors allows.
package main

import (
	"bufio"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"time"
)

// limit is how long one part may take.
const limit = 5 * time.Minute

func main() {
	if len(os.Args) > 1 {
		switch os.Args[1] {
		case "server": // in a process of its own
			exit(runServer(os.Stdin, os.Stdout, len(os.Args) > 2 && os.Args[2] == "tls"))
		case "hold": // in a process of its own
			exit(hold(os.Args[2:], os.Stdout))
		case "run": // in a process of its own
			exit(runUsers(os.Args[2:], os.Stdout))
		}
	}
	n := flag.Int("n", 0, "sockets; 0: 10,000 for memory and users, 1,000 for roundtrip and truth")
	length := flag.Duration("time", 10*time.Second, "how long roundtrip and truth send")
	flag.Usage = func() {
		fmt.Fprintln(flag.CommandLine.Output(), "usage: go run ./bench/sockets [flags] memory|roundtrip|users|truth")
		flag.PrintDefaults()
	}
	flag.Parse()
	var err error
	switch flag.Arg(0) {
	case "memory":
		err = memory(orElse(*n, 10_000), os.Stdout)
	case "roundtrip":
		err = roundtrip(orElse(*n, 1_000), *length, os.Stdout)
	case "users":
		err = users(orElse(*n, 10_000), os.Stdout)
	case "truth":
		err = truth(orElse(*n, 1_000), *length, os.Stdout)
	default:
		flag.Usage()
		os.Exit(2)
	}
	exit(err)
}

func orElse(n, otherwise int) int {
	if n > 0 {
		return n
	}
	return otherwise
}

func exit(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "sockets:", err)
		os.Exit(1)
	}
	os.Exit(0)
}

// child is this program in another process.
type child struct {
	cmd  *exec.Cmd
	in   io.WriteCloser
	out  *bufio.Reader
	addr string
}

// startServer starts the server, which ends with its input.
func startServer(secure bool) (*child, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	args := []string{"server"}
	if secure {
		args = append(args, "tls")
	}
	cmd := exec.Command(self, args...)
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	c := &child{cmd: cmd, in: in, out: bufio.NewReader(out)}
	line, err := c.out.ReadString('\n')
	if err != nil {
		c.stop()
		return nil, fmt.Errorf("the server does not come up: %w", err)
	}
	c.addr = strings.TrimSpace(line)
	return c, nil
}

// book asks for what the server has seen so far.
func (c *child) book() (*book, error) {
	if _, err := io.WriteString(c.in, "book\n"); err != nil {
		return nil, err
	}
	line, err := c.out.ReadBytes('\n')
	if err != nil {
		return nil, fmt.Errorf("the server's book: %w", err)
	}
	b := &book{}
	return b, json.Unmarshal(line, b)
}

func (c *child) stop() {
	_ = c.in.Close()
	_ = c.cmd.Wait()
}
