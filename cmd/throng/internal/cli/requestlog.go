package cli

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"throng/dsl/plan"
	"throng/runtime/record"
	"throng/runtime/report/text"
	"throng/runtime/requestlog"
)

// logFlags ask for a line for each request.
type logFlags struct {
	share, limit, format string
	options              requestlog.Options
}

func (f *logFlags) flags(cmd *cobra.Command) {
	cmd.Flags().StringVar(&f.share, "log-requests", "", "write a line for each request into requests.csv in the run's directory: `SHARE` is all, or a part such as 1%")
	cmd.Flags().StringVar(&f.limit, "log-limit", "1GiB", "stop the log of requests after so much: `SIZE` such as 100MiB")
	cmd.Flags().StringVar(&f.format, "log-format", "csv", "write the log of requests as `FORMAT`: csv or ndjson")
}

func (f *logFlags) wanted() bool { return f.share != "" }

// check finds mistakes before the run.
func (f *logFlags) check(noOut bool) error {
	if !f.wanted() {
		return nil
	}
	var err error
	if f.options.Share, err = shareOf(f.share); err != nil {
		return err
	}
	if f.options.Limit, err = sizeOf(f.limit); err != nil {
		return err
	}
	switch {
	case f.format != "csv" && f.format != "ndjson":
		return fmt.Errorf("--log-format %s: there are csv and ndjson", f.format)
	case noOut:
		return errors.New("--log-requests writes into the run's directory, and --no-out keeps none")
	}
	f.options.NDJSON = f.format == "ndjson"
	return nil
}

func shareOf(s string) (float64, error) {
	if s == "all" {
		return 1, nil
	}
	number, percent := strings.CutSuffix(s, "%")
	v, err := strconv.ParseFloat(strings.TrimSpace(number), 64)
	if err != nil || !percent || !(v > 0 && v <= 100) {
		return 0, fmt.Errorf("--log-requests %s: say all, or a part such as 1%%", s)
	}
	return v / 100, nil
}

var sizeUnits = []struct {
	name  string
	bytes int64
}{{"GiB", 1 << 30}, {"MiB", 1 << 20}, {"KiB", 1 << 10}, {"GB", 1e9}, {"MB", 1e6}, {"KB", 1e3}, {"kB", 1e3}, {"B", 1}}

func sizeOf(s string) (int64, error) {
	for _, u := range sizeUnits {
		number, found := strings.CutSuffix(s, u.name)
		if !found {
			continue
		}
		v, err := strconv.ParseFloat(strings.TrimSpace(number), 64)
		if size := v * float64(u.bytes); err == nil && size >= 1 && size < 1<<62 {
			return int64(size), nil
		}
		break
	}
	return 0, fmt.Errorf("--log-limit %s: say a size with its unit, such as 100MiB", s)
}

// requestLog is the log of a run's requests; a nil one is none.
type requestLog struct {
	file *os.File
	log  *requestlog.Log
	say  func(string)
}

// open begins the file in a run's directory.
func (f *logFlags) open(p *plan.Plan, dir string, say func(string)) (*requestLog, error) {
	if !f.wanted() {
		return nil, nil
	}
	file, err := os.OpenFile(filepath.Join(dir, "requests."+f.format), os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, err
	}
	return &requestLog{file: file, log: requestlog.New(file, p, f.options), say: say}, nil
}

// begin is what the engine wants.
func (l *requestLog) begin() func(int64) record.Tap {
	if l == nil {
		return nil
	}
	return l.log.Begin
}

// close ends the file, and tells what is in it and what is not.
func (l *requestLog) close() {
	if l == nil {
		return
	}
	sum, err := l.log.Close()
	err = errors.Join(err, l.file.Close())
	parts := []string{text.Count(sum.Written) + " requests"}
	if sum.Dropped > 0 {
		parts = append(parts, text.Count(sum.Dropped)+" left out, as they came faster than they could be written")
	}
	if sum.Cut > 0 {
		parts = append(parts, text.Count(sum.Cut)+" left out behind its end")
	}
	l.say(l.file.Name() + " holds " + strings.Join(parts, "; "))
	if err != nil {
		l.say("the log of requests could not be written to its end: " + err.Error())
	}
}
