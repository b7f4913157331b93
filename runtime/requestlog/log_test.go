package requestlog

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"

	"throng/dsl/plan"
	"throng/runtime/export/exporttest"
	"throng/runtime/record"
	"throng/runtime/report/reporttest"
)

func testPlan() *plan.Plan {
	return &plan.Plan{
		Seed: 7, Secrets: []string{"hunter2"}, Classes: []plan.Class{{Name: "reader"}},
		Rows: []plan.Row{
			{Kind: plan.RequestSeries, Method: "GET", Name: "/a,b/hunter2"}, {Kind: plan.GroupSeries, Name: "group"}, {Kind: plan.RequestSeries, Method: "POST", Name: "=1+1"},
		},
		Series:  []plan.Series{{Row: 0, Task: "look"}, {Kind: plan.GroupSeries, Row: 1}, {Row: 2, Task: "buy"}},
		Profile: plan.Profile{Warmup: 10},
	}
}

const zero = 1000

func TestLines(t *testing.T) {
	samples := []record.Sample{
		{Series: 0, Status: 200, Intended: zero + 20e6, Start: zero + 21e6, Sent: zero + 22e6, First: zero + 25e6, End: zero + 30e6, Connect: 1e6, BytesIn: 512, BytesOut: 64},
		{Series: 1, End: zero + 31e6},
		{Series: 2, Class: plan.FailTimeout, Intended: zero, Start: zero, End: zero + 40e6, Retried: true},
	}
	for _, ndjson := range []bool{false, true} {
		var b bytes.Buffer
		l := New(&b, testPlan(), Options{Share: 1, NDJSON: ndjson})
		tap := l.Begin(zero)
		for _, s := range samples {
			tap.Take(3, s)
		}
		sum, err := l.Close()
		if err != nil || sum != (Summary{Written: 2, Bytes: int64(b.Len())}) {
			t.Fatalf("%+v, %v", sum, err)
		}
		exporttest.Printable(t, b.String())
		if strings.Contains(b.String(), "hunter2") {
			t.Error("a secret in the log")
		}
		got := read(t, b.String(), ndjson)
		want := []map[string]string{
			{"request_type": "GET", "name": "/a,b/***", "response_time_ms": "10", "service_time_ms": "9", "first_byte_ms": "3", "connect_ms": "1", "response_length": "512", "status_code": "200", "at_ms": "20", "user": "3", "user_class": "reader", "task": "look", "warmup": "false", "retried": "false"},
			{"request_type": "POST", "response_time_ms": "40", "exception": "timeout", "at_ms": "0", "warmup": "true", "retried": "true"},
		}
		for i := range want {
			for k, v := range want[i] {
				if got[i][k] != v {
					t.Errorf("line %d: %s is %q, want %q", i, k, got[i][k], v)
				}
			}
		}
		if name := got[1]["name"]; ndjson && name != "=1+1" || !ndjson && name != "'=1+1" {
			t.Errorf("the name is %q", name)
		}
	}
}

func read(t *testing.T, text string, ndjson bool) (list []map[string]string) {
	t.Helper()
	if ndjson {
		for line := range strings.Lines(text) {
			var o map[string]json.RawMessage
			if err := json.Unmarshal([]byte(line), &o); err != nil {
				t.Fatalf("%v in %s", err, line)
			}
			m := map[string]string{}
			for k, v := range o {
				m[k] = strings.Trim(string(v), `"`)
			}
			list = append(list, m)
		}
		return list
	}
	all, err := csv.NewReader(strings.NewReader(text)).ReadAll()
	if err != nil || !slices.Equal(all[0], columns) {
		t.Fatalf("%v, %v", err, all)
	}
	for _, fields := range all[1:] {
		m := map[string]string{}
		for i, f := range fields {
			m[columns[i]] = f
		}
		list = append(list, m)
	}
	return list
}

// TestShare draws one of ten.
func TestShare(t *testing.T) {
	var b bytes.Buffer
	l := New(&b, testPlan(), Options{Share: 0.1})
	tap := l.Begin(zero)
	var users sync.WaitGroup
	for user := range 20 {
		users.Go(func() {
			for i := range int64(1000) {
				tap.Take(user, record.Sample{End: i})
			}
		})
	}
	users.Wait()
	sum, err := l.Close()
	if all := sum.Written + sum.Dropped; err != nil || all < 1700 || all > 2300 {
		t.Errorf("%+v of 20000, %v", sum, err)
	}
}

// TestLimit writes whole lines only, and counts the others.
func TestLimit(t *testing.T) {
	for _, limit := range []int64{1, 300, 1000, 70000} {
		var b bytes.Buffer
		l := New(&b, testPlan(), Options{Share: 1, Limit: limit})
		tap := l.Begin(zero)
		for i := range int64(2000) {
			tap.Take(int(i), record.Sample{End: i})
		}
		sum, err := l.Close()
		if err != nil || int64(b.Len()) > limit || sum.Bytes != int64(b.Len()) || sum.Written+sum.Cut+sum.Dropped != 2000 || sum.Cut == 0 {
			t.Errorf("limit %d: %+v, %d bytes, %v", limit, sum, b.Len(), err)
		}
		if b.Len() > 0 && !bytes.HasSuffix(b.Bytes(), []byte("\n")) {
			t.Errorf("limit %d: the last line is cut", limit)
		}
	}
}

type stuck struct{ release chan struct{} }

var errStuck = errors.New("stuck")

func (s stuck) Write([]byte) (int, error) {
	<-s.release
	return 0, errStuck
}

// TestSlowDisk has a disk that takes nothing: users do not wait for it, memory
// is bounded, and everything is accounted for.
func TestSlowDisk(t *testing.T) {
	s := stuck{make(chan struct{})}
	l := New(s, testPlan(), Options{Share: 1})
	tap := l.Begin(zero)
	const n = 4 * waiting
	for i := range int64(n) {
		tap.Take(0, record.Sample{End: i})
	}
	close(s.release)
	sum, err := l.Close()
	if !errors.Is(err, errStuck) || sum.Dropped == 0 || sum.Written+sum.Dropped+sum.Cut != n {
		t.Errorf("%+v, %v", sum, err)
	}
}

func TestNeverBegun(t *testing.T) {
	if sum, err := New(nil, testPlan(), Options{Share: 1}).Close(); err != nil || sum != (Summary{}) {
		t.Errorf("%+v, %v", sum, err)
	}
}

// TestRecorderTells has a recorder tell a log of what it books.
func TestRecorderTells(t *testing.T) {
	p := reporttest.Unjudged().Plan
	var b bytes.Buffer
	l := New(&b, p, Options{Share: 1})
	rec := record.New(record.Config{Series: len(p.Series), Tap: l.Begin(0)})
	for i := range 100 {
		rec.Writer(i).Add(record.Sample{Series: int32(i % len(p.Series)), End: int64(i)})
	}
	if sum, err := l.Close(); err != nil || sum.Written != 100 {
		t.Errorf("%+v, %v", sum, err)
	}
}
