package series

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"encoding/json"
	"slices"
	"strconv"
	"testing"

	"throng/dsl/plan"
	"throng/runtime/export/exporttest"
	"throng/runtime/report/golden"
	"throng/runtime/report/reporttest"
	"throng/runtime/results"
)

func write(t *testing.T, run *results.Run) (table [][]string, objects []map[string]any, ndjson string) {
	t.Helper()
	var c, n bytes.Buffer
	if err := WriteCSV(&c, run); err != nil {
		t.Fatal(err)
	}
	if err := WriteNDJSON(&n, run); err != nil {
		t.Fatal(err)
	}
	ndjson = n.String()
	table, err := csv.NewReader(&c).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	for lines := bufio.NewScanner(&n); lines.Scan(); {
		var o map[string]any
		if err := json.Unmarshal(lines.Bytes(), &o); err != nil {
			t.Fatalf("%v in %s", err, lines.Text())
		}
		objects = append(objects, o)
	}
	return table, objects, ndjson
}

func TestGolden(t *testing.T) {
	for name, made := range map[string]*reporttest.Run{"empty": reporttest.Empty(), "sockets": reporttest.Sockets()} {
		var c, n bytes.Buffer
		run := short(exporttest.Run(made), 3)
		if err := WriteCSV(&c, run); err != nil {
			t.Fatal(err)
		}
		if err := WriteNDJSON(&n, run); err != nil {
			t.Fatal(err)
		}
		golden.Check(t, name+".csv", c.String())
		golden.Check(t, name+".ndjson", n.String())
	}
}

// short is the begin of a run.
func short(run *results.Run, seconds int) *results.Run {
	cut := *run
	cut.Each = func(visit func(*results.Second) error) error {
		n := 0
		return run.Each(func(s *results.Second) error {
			if n++; n > seconds {
				return nil
			}
			return visit(s)
		})
	}
	return &cut
}

// TestSumsAreTheReport adds up the lines of both forms.
func TestSumsAreTheReport(t *testing.T) {
	for name, made := range map[string]*reporttest.Run{"failed": reporttest.Failed(), "warm-up": reporttest.Passed(), "open": reporttest.Inconclusive(), "hostile": reporttest.Hostile()} {
		run := exporttest.Run(made)
		table, objects, ndjson := write(t, run)
		exporttest.Printable(t, ndjson)
		if len(objects) != len(table)-1 {
			t.Fatalf("%s: %d objects, %d lines", name, len(objects), len(table)-1)
		}
		at := func(column string) int { return slices.Index(table[0], column) }
		sums := map[string]int64{}
		for i, fields := range table[1:] {
			n, err := strconv.ParseInt(fields[at("samples")], 10, 64)
			if err != nil {
				t.Fatal(err)
			}
			sums[fields[at("kind")]] += n
			if float64(n) != objects[i]["samples"] {
				t.Fatalf("%s: line %d differs from its object: %v", name, i, objects[i])
			}
			failed := int64(0)
			for c := plan.OK + 1; c < plan.NumErrorClasses; c++ {
				n, err := strconv.ParseInt(fields[at("failed_"+c.String())], 10, 64)
				if err != nil {
					t.Fatal(err)
				}
				failed += n
			}
			if strconv.FormatInt(failed, 10) != fields[at("failed")] {
				t.Errorf("%s: %d failures by class, %s in all", name, failed, fields[at("failed")])
			}
			if fields[at("kind")] != "total" && fields[at("users")] != "" {
				t.Errorf("%s: users on a line of a request", name)
			}
		}
		if want := run.Report.Total.Samples; sums["total"] != want || sums["request"] != want {
			t.Errorf("%s: %v, the report has %d", name, sums, want)
		}
	}
}

// TestColumns are words, each once, and every key is a column.
func TestColumns(t *testing.T) {
	table, objects, _ := write(t, exporttest.Run(reporttest.Sockets()))
	names := slices.Clone(table[0])
	slices.Sort(names)
	if len(slices.Compact(slices.Clone(names))) != len(names) {
		t.Error("two columns have one name")
	}
	for _, o := range objects {
		for key := range o {
			if !slices.Contains(names, key) {
				t.Fatalf("the key %s is no column", key)
			}
		}
	}
	for _, want := range []string{"users", "wanted", "missed", "in_flight", "p95_ms", "p99_ms", "failed_timeout", "first_byte_p95_ms", "ping_p50_ms", "counted_lost", "lower_bounds"} {
		if !slices.Contains(names, want) {
			t.Errorf("no column %s", want)
		}
	}
}
