package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"throng/dsl/diag"
	"throng/dsl/module"
	"throng/dsl/module/cache"
	"throng/dsl/module/fetch"
	"throng/dsl/module/install"
	"throng/dsl/module/lock"
)

// initFlags are the flags of init.
type initFlags struct {
	upgrade, locked, offline, json bool
	timeout                        time.Duration
}

func (a *app) initCommand() *cobra.Command {
	var f initFlags
	cmd := &cobra.Command{
		Use:   "init [DIR]",
		Short: "Fetch the libraries that a scenario brings in",
		Long: `Fetches the modules of a scenario whose source is a git repository, an archive
or an OCI registry, and those that they bring in themselves. The scenario is a
directory or a file, the current directory when left out.

Which version is used is written to ` + lock.Name + ` beside the scenario, with
the hash of the module's files. Keep that file in version control: every
command holds what it uses against it, and uses nothing that was changed.
Versions that are locked stay until --upgrade, or until a module block asks for
another.

This is the only command that downloads. Modules are kept in a cache, which all
scenarios share: THRONG_CACHE_DIR, or else throng/modules in the user's cache
directory. What is there, or in the scenario's vendor directory, is not fetched
again.`,
		Example:           "  throng init\n  throng init load --upgrade\n  throng init load --locked --timeout 30s",
		Args:              cobra.MaximumNArgs(1),
		ValidArgsFunction: scenarioCompletion,
		RunE: func(cmd *cobra.Command, args []string) error {
			if !cmd.Flags().Changed("locked") {
				f.locked = a.inCI()
			}
			return a.init(scenarioArg(args), &f)
		},
	}
	flags := cmd.Flags()
	flags.BoolVar(&f.upgrade, "upgrade", false, "use the newest versions that will do, whatever is locked")
	flags.BoolVar(&f.locked, "locked", false, "fail where the lock file would change (the default where CI is set; --locked=false lifts it)")
	flags.BoolVar(&f.offline, "offline", false, "fetch nothing: fail where a module is neither vendored nor in the cache")
	flags.BoolVar(&f.json, "json", false, "print what was done as JSON on stdout")
	flags.DurationVar(&f.timeout, "timeout", 5*time.Minute, "give up after so long")
	return cmd
}

// scenarioArg is the scenario that a verb was given, or the current directory.
func scenarioArg(args []string) string {
	if len(args) == 0 {
		return "."
	}
	return args[0]
}

// inCI reports whether this runs in continuous integration, where what is
// locked must not change by itself.
func (a *app) inCI() bool {
	ci, _ := a.env.Lookup("CI")
	return ci != "" && !strings.EqualFold(ci, "false")
}

// moduleOptions say where fetched modules are kept.
func (a *app) moduleOptions() module.Options {
	dir, _ := a.env.Lookup("THRONG_CACHE_DIR")
	if dir == "" {
		user, err := os.UserCacheDir()
		if err != nil {
			return module.Options{} // no home directory: only vendored modules are found
		}
		dir = filepath.Join(user, "throng", "modules")
	}
	return module.Options{Cache: dir}
}

// fetcher is what fetches modules. What it leaves behind when it is killed
// lies in the cache, where the next init finds it.
func (a *app) fetcher(timeout time.Duration, cacheDir string) fetch.Fetcher {
	insecure, _ := a.env.Lookup("THRONG_INSECURE_LOOPBACK")
	return fetch.New(fetch.Options{Timeout: timeout, InsecureLoopback: insecure == "1", Temp: cache.At(cacheDir).Temp})
}

func (a *app) init(scenario string, f *initFlags) error {
	switch {
	case f.upgrade && f.locked:
		return errors.New("--upgrade changes the lock file, and --locked (the default where CI is set) forbids it: add --locked=false")
	case f.timeout <= 0 || f.timeout >= cache.Abandoned:
		return errors.New("--timeout must be longer than nothing and shorter than a day, such as 5m")
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	limited, cancel := context.WithTimeout(ctx, f.timeout)
	defer cancel()
	dir := a.moduleOptions().Cache
	r := install.Init(limited, scenario, install.Options{
		Fetcher: a.fetcher(f.timeout, dir), Cache: dir,
		Upgrade: f.upgrade, Locked: f.locked, Offline: f.offline,
		Report: func(name string) { fmt.Fprintf(a.env.Stderr, "Fetching %s\n", a.shown(name)) },
	})
	if ctx.Err() != nil {
		return silent{ExitInterrupted}
	}
	if f.json {
		if err := a.initJSON(scenario, r); err != nil {
			return err
		}
	} else {
		a.diagnose(r.Diagnostics, r.Sources)
	}
	if r.Diagnostics.HasErrors() {
		return silent{ExitError}
	}
	if !f.json {
		return a.initText(scenario, r)
	}
	return nil
}

// initText says what was done: the modules, and what changed in the lock file.
func (a *app) initText(scenario string, r *install.Result) error {
	var b bytes.Buffer
	if len(r.Modules) == 0 {
		fmt.Fprintf(&b, "%s brings in no modules from elsewhere: there is nothing to fetch.\n", scenario)
	} else {
		fmt.Fprintf(&b, "Modules of %s:\n", scenario)
		w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
		for i := range r.Modules {
			m := &r.Modules[i]
			fmt.Fprintf(w, "  %s\t%s\t%s\t%s\n", strings.TrimPrefix(m.Path, "module."), orDash(m.Version), origins[m.From], m.Source)
		}
		_ = w.Flush()
	}
	if len(r.Changes) > 0 {
		fmt.Fprintf(&b, "\n%s is written; keep it in version control:\n", r.LockFile)
		for _, c := range r.Changes {
			sign := "~"
			switch {
			case c.Old == nil:
				sign = "+"
			case c.New == nil:
				sign = "-"
			}
			fmt.Fprintf(&b, "  %s %s\n", sign, c)
		}
	} else if len(r.Modules) > 0 {
		fmt.Fprintf(&b, "\n%s is up to date.\n", r.LockFile)
	}
	_, err := fmt.Fprint(a.env.Stdout, a.terminal(a.env.Stdout).Style.Text(b.String()))
	return err
}

func orDash(s string) string {
	if s == "" {
		return "-"
	}
	return s
}

// origins are the words for where a module came from.
var origins = map[module.From]string{
	install.Fetched: "fetched", module.Cached: "in the cache", module.Vendored: "vendored",
}

// initResult is what init --json prints.
type initResult struct {
	Scenario    string          `json:"scenario"`
	OK          bool            `json:"ok"`
	LockFile    string          `json:"lock_file"`
	Modules     []initModule    `json:"modules"`
	Changes     []initChange    `json:"changes"` // of the lock file
	Diagnostics json.RawMessage `json:"diagnostics"`
}

type initModule struct {
	Path    string      `json:"path"`
	Source  string      `json:"source"`
	Key     string      `json:"key"`
	Version string      `json:"version"` // a version, tag, branch, or the begin of a commit or digest; "" of an archive
	Commit  string      `json:"commit"`
	Digest  string      `json:"digest"`
	Hash    string      `json:"hash"`
	From    module.From `json:"from"` // "fetched", "cache" or "vendor"
}

type initChange struct {
	Action string `json:"action"` // "add", "change" or "remove"
	Key    string `json:"key"`
	Text   string `json:"text"`
}

func (a *app) initJSON(scenario string, r *install.Result) error {
	out := initResult{Scenario: scenario, OK: !r.Diagnostics.HasErrors(), LockFile: r.LockFile, Modules: []initModule{}, Changes: []initChange{}}
	for i := range r.Modules {
		m := &r.Modules[i]
		out.Modules = append(out.Modules, initModule{
			Path: m.Path, Source: m.Source, Key: m.Lock.Key, Version: m.Version,
			Commit: m.Lock.Commit, Digest: m.Lock.Digest, Hash: m.Lock.Hash, From: m.From,
		})
	}
	for _, c := range r.Changes {
		change := initChange{Action: "change", Key: c.Key, Text: c.String()}
		switch {
		case c.Old == nil:
			change.Action = "add"
		case c.New == nil:
			change.Action = "remove"
		}
		out.Changes = append(out.Changes, change)
	}
	var err error
	if out.Diagnostics, err = findings(r.Diagnostics, r.Sources); err != nil {
		return err
	}
	return writeJSON(a.env.Stdout, out)
}

// findings are diagnostics as a JSON list.
func findings(ds diag.Diagnostics, sources map[string][]byte) (json.RawMessage, error) {
	text, err := diag.JSON(ds, sources)
	if err != nil {
		return nil, err
	}
	var whole struct {
		Diagnostics json.RawMessage `json:"diagnostics"`
	}
	err = json.Unmarshal(text, &whole)
	return whole.Diagnostics, err
}
