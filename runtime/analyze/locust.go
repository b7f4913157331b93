package analyze

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

const aggregated = "Aggregated"

// FromLocust is the input of the CSV files that Locust writes, those from
// before 1.0 included. path is their directory, the prefix given to --csv, or
// the file of statistics. The history beside it is read where there is one.
func FromLocust(path string) (*Input, error) {
	file, err := findStats(path)
	if err != nil {
		return nil, err
	}
	stats, err := openTable(file)
	if err != nil {
		return nil, err
	}
	in := &Input{Name: file, Kind: "locust"}
	if err := in.statistics(stats); err != nil {
		return nil, err
	}
	history, err := openTable(strings.TrimSuffix(file, "_stats.csv") + "_stats_history.csv")
	switch {
	case errors.Is(err, fs.ErrNotExist):
		in.Notes = append(in.Notes, "There is no history file, so nothing is known of the course of the run.")
	case err != nil:
		return nil, err
	default:
		if err := in.history(history); err != nil {
			return nil, err
		}
	}
	in.Notes = append(in.Notes, "Locust mixes the times of failures into its percentiles and rounds these to two digits.")
	in.UseBands()
	return in, nil
}

// findStats is the file of statistics a path means.
func findStats(path string) (string, error) {
	info, err := os.Stat(path)
	switch {
	case err == nil && info.IsDir():
		list, _ := filepath.Glob(filepath.Join(path, "*_stats.csv"))
		switch len(list) {
		case 1:
			return list[0], nil
		case 0:
			return "", fmt.Errorf("%s holds no run and no *_stats.csv of Locust", path)
		}
		return "", fmt.Errorf("%s holds several *_stats.csv; name one of them: %s", path, strings.Join(list, ", "))
	case err == nil && strings.HasSuffix(path, "_stats_history.csv"):
		return strings.TrimSuffix(path, "_history.csv") + ".csv", nil
	case err == nil && strings.HasSuffix(path, ".csv"):
		return path, nil
	case err == nil:
		return "", fmt.Errorf("%s is neither the directory of a run nor a CSV file of Locust", path)
	}
	if file := path + "_stats.csv"; exists(file) {
		return file, nil
	}
	return "", fmt.Errorf("there is neither %s nor %s_stats.csv", path, path)
}

func exists(file string) bool {
	_, err := os.Stat(file)
	return err == nil
}

// Names of columns, the present one first.
var (
	countNames  = []string{"Request Count", "# requests"}
	failedNames = []string{"Failure Count", "# failures"}
	meanNames   = []string{"Average Response Time", "Average"}
	maxNames    = []string{"Max Response Time", "Max", "100%"}
	typeNames   = []string{"Type", "Method"}
	medianNames = []string{"50%", "Median Response Time", "Median"}
)

// statistics reads the totals.
func (in *Input) statistics(t *table) error {
	for row := range t.rows {
		r := t.reader(row)
		method, name := r.text(typeNames...), r.text("Name")
		f := Figures{
			Count: r.count(countNames...), Failed: r.count(failedNames...),
			Mean: r.time(meanNames...), P50: r.time(medianNames...), P95: r.time("95%"), P99: r.time("99%"), Max: r.time(maxNames...),
		}
		if r.err != nil {
			return r.err
		}
		if f.Failed > f.Count {
			return fmt.Errorf("%s, line %d: %d failures of %d requests", t.file, row+2, f.Failed, f.Count)
		}
		if f.Count == 0 {
			f.Mean, f.P50, f.P95, f.P99, f.Max = math.NaN(), math.NaN(), math.NaN(), math.NaN(), math.NaN()
		}
		if name == aggregated || name == "Total" && method == "" {
			in.Requests = append(in.Requests, Request{Label: "all requests", Together: true, Total: f})
			continue
		}
		in.Requests = append(in.Requests, Request{Label: strings.TrimSpace(method + " " + name), Method: method, Name: name, Total: f})
	}
	if len(t.rows) == 0 {
		return fmt.Errorf("%s has no rows: the run made no request, or the file is not written yet", t.file)
	}
	return nil
}

// moment is a line of the history.
type moment struct {
	at            int64 // epoch seconds
	users         float64
	count, failed int64
	sum           float64 // of all times so far, ns
	p95           float64 // of the last ten seconds, where known
}

// history reads the course: counts and sums so far, whose differences are
// exact, whatever the version of Locust rounds.
func (in *Input) history(t *table) error {
	courses := map[string][]moment{}
	users := t.has("User Count", "Users")
	for row := range t.rows {
		r := t.reader(row)
		m := moment{at: r.count("Timestamp"), count: r.count("Total Request Count", "# requests"), failed: r.count("Total Failure Count", "# failures")}
		if users {
			m.users = float64(r.count("User Count", "Users"))
		}
		if mean := r.time("Total Average Response Time", "Average Response Time", "Average"); !math.IsNaN(mean) {
			m.sum = mean * float64(m.count)
		}
		m.p95 = r.time("95%")
		name := r.text("Name")
		label := strings.TrimSpace(r.optional(typeNames...) + " " + name)
		if r.err != nil {
			return r.err
		}
		if name == aggregated || label == "Total" {
			label = "all requests"
		}
		courses[label] = append(courses[label], m)
	}
	all := courses["all requests"]
	if len(all) < 3 {
		return nil
	}
	if !users {
		in.Notes = append(in.Notes, "The history does not tell the number of users, so nothing is known of the load.")
	}
	full := len(courses) > 1
	if !full {
		in.Notes = append(in.Notes, "The history has only the sum of all requests (no --csv-full-history), so a single request's course is not known.")
	}
	in.cut(courses, full)
	return nil
}

// cut makes stretches of the moments. The first moment is where they begin.
func (in *Input) cut(courses map[string][]moment, full bool) {
	all := courses["all requests"]
	slices.SortStableFunc(all, func(a, b moment) int { return cmp.Compare(a.at, b.at) })
	every := (len(all) + most - 1) / most
	var edges []moment
	for i := 0; i < len(all); i += every {
		edges = append(edges, all[i])
	}
	begin := edges[0].at
	since := func(m moment) time.Duration { return time.Duration(m.at-begin) * time.Second }
	for i := 1; i < len(edges); i++ {
		in.Stretches = append(in.Stretches, Stretch{At: since(edges[i-1]), Length: since(edges[i]) - since(edges[i-1]), Load: edges[i].users})
	}
	for k := range in.Requests {
		r := &in.Requests[k]
		// The sum stands for the course only where the parts are not known.
		if list := courses[r.Label]; list != nil && r.Together != full {
			r.Cells = cellsOf(list, edges, full)
		}
	}
}

// cellsOf are the differences of a request's figures between the edges.
func cellsOf(list, edges []moment, full bool) []Figures {
	slices.SortStableFunc(list, func(a, b moment) int { return cmp.Compare(a.at, b.at) })
	at := func(t int64) (last moment) { // the last moment up to t
		last.p95 = math.NaN()
		for _, m := range list {
			if m.at > t {
				break
			}
			last = m
		}
		return last
	}
	var cells []Figures
	for i := 1; i < len(edges); i++ {
		a, b := at(edges[i-1].at), at(edges[i].at)
		if b.count < a.count { // the statistics were reset
			a = moment{}
		}
		c := Figures{Count: b.count - a.count, Failed: max(0, b.failed-a.failed), Mean: math.NaN(), P50: math.NaN(), P95: math.NaN(), P99: math.NaN(), Max: math.NaN()}
		if c.Count > 0 {
			c.Mean = (b.sum - a.sum) / float64(c.Count)
			if full {
				c.P95 = b.p95
			}
		}
		cells = append(cells, c)
	}
	return cells
}
