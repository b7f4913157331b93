// Command truth holds what throng reports against a server that knows the
// truth, in real time, and says in Markdown how far off it was:
//
//	go run ./bench/truth gate stall mixture
//	go run ./bench/truth -rounds 3 -out FILE all
//
// The trace server (package runtime/truth/trace) and throng run in processes
// of their own, each on its own core. Every experiment is repeated; medians
// are judged; every single run is kept as a line of JSON. Where a machine was
// busy with something else, a figure that is off is not judged: it is called
// so. Peers that are installed meet the same server.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"throng/runtime/truth/trace"
)

// battery is what all experiments share.
type battery struct {
	ctx    context.Context
	rounds int
	peers  int    // rounds of the peers
	first  bool   // server and generators come before everything else on the machine
	awake  bool   // no core sleeps
	cache  string // where bench/suite installs peers
	dir    string // scratch, removed at the end
	throng string
	self   []string // the command line of a trace server, but for its spec
	out    io.Writer
	raw    *json.Encoder
}

func main() {
	if len(os.Args) > 2 && os.Args[1] == "server" { // the trace server, in a process of its own
		exit(trace.Main(os.Args[2:], os.Stdin, os.Stdout, 10*time.Minute))
	}
	if len(os.Args) == 3 && os.Args[1] == "spin" { // takes a core from a generator, or keeps it awake
		limit, err := time.ParseDuration(os.Args[2])
		if err == nil {
			spin(limit)
		}
		exit(err)
	}
	if len(os.Args) > 2 && os.Args[1] == "floor" { // the least that a client can add
		exit(floor(os.Args[2:]))
	}
	cache, _ := os.UserCacheDir()
	b := &battery{}
	flag.IntVar(&b.rounds, "rounds", 3, "how often each experiment is repeated")
	flag.IntVar(&b.peers, "peers", 1, "how often the peers do each experiment; 0 for no peers")
	flag.StringVar(&b.cache, "cache", filepath.Join(cache, "throng-bench"), "`DIR` in which bench/suite installs peers")
	flag.BoolVar(&b.first, "first", false, "run server and generators ahead of everything else on the machine (chrt -r 1; as root)")
	flag.BoolVar(&b.awake, "awake", false, "keep the cores from sleeping, by a process on each that gives way to all others (chrt -i 0 nice -n 19)")
	flag.StringVar(&b.throng, "throng", "", "the executable to examine; built from this module where not given")
	out := flag.String("out", "", "write the tables into `FILE` too")
	raw := flag.String("raw", filepath.Join(os.TempDir(), "throng-truth.ndjson"), "write every single run into `FILE`, a line of JSON each")
	flag.Usage = func() {
		fmt.Fprintf(flag.CommandLine.Output(), "usage: go run ./bench/truth [flags] EXPERIMENT…\nexperiments: all, %s\n", strings.Join(names(), ", "))
		flag.PrintDefaults()
	}
	flag.Parse()
	if flag.NArg() == 0 || b.rounds < 1 || b.peers < 0 {
		flag.Usage()
		os.Exit(2)
	}
	exit(b.main(flag.Args(), *out, *raw))
}

func exit(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "truth:", err)
		os.Exit(1)
	}
	os.Exit(0)
}

func names() (list []string) {
	for _, e := range experiments {
		list = append(list, e.name)
	}
	return list
}

func (b *battery) main(wanted []string, out, raw string) (err error) {
	for _, w := range wanted {
		if w != "all" && !slices.Contains(names(), w) {
			return fmt.Errorf("there is no experiment %q; there are all, %s", w, strings.Join(names(), ", "))
		}
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	b.ctx, b.out = ctx, os.Stdout
	if out != "" {
		file, err := os.Create(out)
		if err != nil {
			return err
		}
		defer file.Close()
		b.out = io.MultiWriter(os.Stdout, file)
	}
	lines, err := os.Create(raw)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, lines.Close()) }()
	b.raw = json.NewEncoder(lines)
	if err := b.prepare(); err != nil {
		return err
	}
	defer os.RemoveAll(b.dir)
	b.machine(wanted)
	if b.awake {
		rest, err := b.keepAwake()
		if err != nil {
			return err
		}
		defer rest()
	}
	var all []verdict
	for _, e := range experiments {
		if slices.Contains(wanted, e.name) || slices.Contains(wanted, "all") {
			vs, err := b.do(e)
			if err != nil {
				return fmt.Errorf("%s: %w", e.name, err)
			}
			all = append(all, vs...)
		}
	}
	note("every single run: %s", raw)
	if n := b.sum(all); n > 0 {
		return fmt.Errorf("%d figures are off by more than allowed, on a quiet machine", n)
	}
	return nil
}

// prepare makes the scratch directory, and builds throng unless one is given.
func (b *battery) prepare() error {
	dir, err := os.MkdirTemp("", "throng-truth-")
	if err != nil {
		return err
	}
	b.dir = dir
	self, err := os.Executable()
	if err != nil {
		return err
	}
	b.self = append(b.placed(serverCore), self, "server")
	if b.throng != "" {
		return nil
	}
	b.throng = filepath.Join(dir, "throng")
	if out, err := exec.Command("go", "build", "-o", b.throng, "throng/cmd/throng").CombinedOutput(); err != nil {
		os.RemoveAll(dir)
		return fmt.Errorf("throng cannot be built; run this inside its repository: %w\n%s", err, out)
	}
	return nil
}

// do repeats an experiment with throng, then with the peers.
func (b *battery) do(e experiment) ([]verdict, error) {
	var ours, others []run
	for round := range b.rounds {
		r, err := b.once(e, tools[0], round)
		if err != nil {
			return nil, err
		}
		ours = append(ours, r)
	}
	for round := range b.peers {
		for _, t := range tools[1:] {
			if why := b.cannot(e, t); why != "" {
				if round == 0 {
					others = append(others, run{Tool: t.name, Skipped: why})
				}
				continue
			}
			r, err := b.once(e, t, round)
			if b.ctx.Err() != nil {
				return nil, b.ctx.Err()
			}
			if err != nil {
				r = run{Tool: t.name, Skipped: err.Error()}
			}
			others = append(others, r)
		}
	}
	return b.tell(e, ours, others), nil
}

// once does an experiment once, with a server of its own.
func (b *battery) once(e experiment, t tool, round int) (run, error) {
	note("%s, round %d: %s", e.name, round+1, t.name)
	server, err := trace.Launch(b.ctx, e.spec, b.self...)
	if err != nil {
		return run{}, err
	}
	defer server.Stop()
	before := b.readMachine()
	r, err := t.run(b, e, server.URL)
	if err != nil {
		return r, err
	}
	log, err := server.Log()
	if err != nil {
		return r, err
	}
	if len(trace.Complete(log)) == 0 {
		return r, errors.New("the server saw no request")
	}
	server.Stop()
	r.Busy = before.others(b.readMachine(), r.cpu+server.CPU())
	r.Experiment, r.Tool, r.Round, r.At = e.name, t.name, round+1, time.Now().UTC().Format(time.RFC3339)
	r.log = log
	r.Server = figuresOf(trace.Times(log))
	return r, b.raw.Encode(r)
}

func note(format string, args ...any) { fmt.Fprintf(os.Stderr, "· "+format+"\n", args...) }
