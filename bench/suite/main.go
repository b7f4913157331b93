// Command suite measures what throng costs, beside its peers and by itself,
// and says it in Markdown:
//
//	go run ./bench/suite compare
//	go run ./bench/suite -out FILE all
//
// Every figure is measured on this machine, now: nothing is estimated, and a
// peer that cannot be had is named as absent. README.md tells what each part
// shows and how long it takes.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// parts are what can be measured, in the order of "all".
var parts = []struct {
	name string
	run  func(*suite) error
}{
	{"compare", (*suite).compare},
	{"scale", (*suite).scale},
	{"rate", (*suite).rate},
	{"memory", (*suite).memory},
	{"start", (*suite).start},
	{"soak", (*suite).soak},
}

// suite is what all parts share.
type suite struct {
	ctx    context.Context
	out    io.Writer
	rounds int
	span   time.Duration // of one run
	cache  string        // installed peers
	dir    string        // scratch, removed at the end
	throng string        // the executable
	soakN  int64
}

func main() {
	if len(os.Args) == 2 && os.Args[1] == "target" { // the suite's own server, in a process of its own
		exit(serveTarget(os.Stdout))
	}
	if len(os.Args) == 6 && os.Args[1] == "floor" { // a bare loop, likewise
		exit(runFloor(os.Args[2:]))
	}
	cache, _ := os.UserCacheDir()
	s := &suite{}
	flag.IntVar(&s.rounds, "rounds", 3, "how often each measurement is repeated")
	flag.DurationVar(&s.span, "time", 6*time.Second, "how long one run loads its target")
	flag.StringVar(&s.cache, "cache", filepath.Join(cache, "throng-bench"), "`DIR` to install peers into")
	flag.Int64Var(&s.soakN, "samples", 100_000_000, "samples of soak")
	out := flag.String("out", "", "write the tables into `FILE` too")
	flag.Usage = func() {
		fmt.Fprintln(flag.CommandLine.Output(), "usage: go run ./bench/suite [flags] PART…\nparts: all, "+names())
		flag.PrintDefaults()
	}
	flag.Parse()
	if flag.NArg() == 0 {
		flag.Usage()
		os.Exit(2)
	}
	exit(s.main(flag.Args(), *out))
}

func exit(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "suite:", err)
		os.Exit(1)
	}
	os.Exit(0)
}

func names() string {
	var list []string
	for _, p := range parts {
		list = append(list, p.name)
	}
	return strings.Join(list, ", ")
}

func (s *suite) main(wanted []string, out string) error {
	for _, w := range wanted {
		if w != "all" && !strings.Contains(", "+names()+",", ", "+w+",") {
			return fmt.Errorf("there is no part %q; there are all, %s", w, names())
		}
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	s.ctx, s.out = ctx, os.Stdout
	if out != "" {
		file, err := os.Create(out)
		if err != nil {
			return err
		}
		defer file.Close()
		s.out = io.MultiWriter(os.Stdout, file)
	}
	dir, err := os.MkdirTemp("", "throng-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	s.dir = dir
	if err := s.prepare(); err != nil {
		return err
	}
	s.machine(wanted)
	for _, p := range parts {
		if slices.Contains(wanted, p.name) || slices.Contains(wanted, "all") {
			if err := p.run(s); err != nil {
				return fmt.Errorf("%s: %w", p.name, err)
			}
		}
	}
	return nil
}
