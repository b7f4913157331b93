package record

import (
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"throng/dsl/plan"
)

// again is what was written down and read back.
func again[T any](t testing.TB, v *T) *T {
	t.Helper()
	if v == nil {
		return nil
	}
	data, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	var back T
	if err := json.Unmarshal(data, &back); err != nil {
		t.Fatalf("%v\n%s", err, data)
	}
	return &back
}

// everything is what a Stats answers.
type everything struct {
	View    view
	Extra   extraView
	Has     bool
	Over    []int64
	Around  [][2]Latency
	Slow    [2]int64
	Retried int64
	Back    int64
}

func everythingOf(s *Stats) everything {
	if s == nil {
		return everything{}
	}
	e := everything{View: viewOf(s), Extra: extrasOf(s), Has: s.Extra(), Retried: s.Retried, Back: s.Backward}
	for _, t := range []int64{1, 1e6, 1e7, 5e7, 1e8} {
		n, ok := s.OverAt(t)
		if ok {
			e.Over = append(e.Over, t, n)
		}
	}
	for rank := int64(0); rank <= s.Judged()+1; rank += 1 + s.Judged()/9 {
		from, to := s.Around(rank)
		e.Around = append(e.Around, [2]Latency{from, to})
	}
	n, d := s.Slow(3, 5)
	e.Slow = [2]int64{n, int64(d)}
	return e
}

// randomConfig is of a recorder with anything in it.
func randomConfig(rng *rand.Rand) Config {
	const series = 3
	c := Config{Series: series, Shards: 1 + rng.IntN(3), Open: rng.IntN(2) == 0}
	if rng.IntN(2) == 0 {
		c.WarmupEnd = 3e8
	}
	for range series {
		c.Thresholds = append(c.Thresholds, []int64{1e6, 1e7, 5e7, 1e8}[:rng.IntN(5)])
		c.Beyond = append(c.Beyond, askFor(1e6, 5e7)[:rng.IntN(int(plan.NumMeasures))])
		c.Limits = append(c.Limits, []float64{-1, 0.5, 1e3}[:rng.IntN(4)])
	}
	if rng.IntN(2) == 0 {
		c.Phases = []Phase{{Spans: []Span{{4e8, 7e8}}, Series: []bool{true, false, true}}}
	}
	return c
}

func randomValue(rng *rand.Rand) float64 {
	switch rng.IntN(6) {
	case 0:
		return float64(rng.IntN(5))
	case 1:
		return -rng.ExpFloat64() * 1e6
	case 2:
		return math.Ldexp(rng.Float64(), rng.IntN(2000)-1000)
	case 3:
		return math.Copysign(0, -1)
	case 4:
		return math.MaxFloat64
	}
	return rng.NormFloat64()
}

func randomSample(rng *rand.Rand) Sample {
	s := anySample(rng, 3)
	switch rng.IntN(40) {
	case 0:
		s.End = s.Start + 2*highest
	case 1:
		s.End = s.Intended - 5
	case 2:
		s.Class, s.First = plan.FailTimeout, 0
	case 3:
		s.Class, s.Retried = plan.FailStatus, true
	}
	return s
}

// What is written down is what is read back, whatever was recorded; and what
// was written tick by tick adds up to the whole.
func TestWrittenStatsAreTheSame(t *testing.T) {
	for seed := range uint64(6) {
		rng := rand.New(rand.NewPCG(seed, 5))
		r := New(randomConfig(rng))
		var last *Snapshot
		recent, warmup, phase := make([]*Stats, 3), make([]*Stats, 3), make([]*Stats, 3)
		metrics := make([]*Values, 3)
		for tick := range 1 + rng.IntN(6) {
			for range rng.IntN(80) {
				w := r.Writer(rng.IntN(5))
				w.Add(randomSample(rng))
				if rng.IntN(3) == 0 {
					e := anyEvent(rng, 3)
					e.book(w)
				}
				w.Record(int32(rng.IntN(3)), randomValue(rng), rng.Int64N(1e9))
			}
			last = r.Snapshot(time.Duration(tick+1)*time.Second, false)
			for i := range 3 {
				for name, s := range map[string]*Stats{"recent": last.Recent[i], "warm-up": last.RecentWarmup[i], "total": last.Total[i]} {
					if diff := cmp.Diff(everythingOf(s), everythingOf(again(t, s)), cmpopts.EquateEmpty()); diff != "" {
						t.Fatalf("seed %d, %s of series %d:\n%s", seed, name, i, diff)
					}
				}
				recent[i] = Merge(recent[i], again(t, last.Recent[i]))
				warmup[i] = Merge(warmup[i], again(t, last.RecentWarmup[i]))
				if len(last.Phases) > 0 {
					phase[i] = Merge(phase[i], again(t, last.Phases[0].Recent[i]))
				}
				metrics[i] = MergeValues(metrics[i], again(t, last.RecentMetrics[i]))
			}
		}
		for i := range 3 {
			sums := map[string][2]*Stats{"total": {last.Total[i], recent[i]}, "warm-up": {last.Warmup[i], warmup[i]}}
			if len(last.Phases) > 0 {
				sums["phase"] = [2]*Stats{last.Phases[0].Total[i], phase[i]}
			}
			for name, both := range sums {
				if diff := cmp.Diff(everythingOf(both[0]), everythingOf(both[1]), cmpopts.EquateEmpty()); diff != "" {
					t.Fatalf("seed %d, what was written of the %s of series %d does not add up:\n%s", seed, name, i, diff)
				}
			}
			if diff := cmp.Diff(valuesText(last.Metrics[i]), valuesText(metrics[i])); diff != "" {
				t.Fatalf("seed %d, metric %d:\n%s", seed, i, diff)
			}
		}
	}
}

// valuesText is what a Values answers.
func valuesText(v *Values) string {
	high, low := v.Sum()
	text := fmt.Sprint(v.Count(), v.Min(), v.Max(), v.Mean(), high, low)
	for _, p := range quantiles {
		q, ok := v.Quantile(p)
		text += fmt.Sprint(" ", q, ok)
	}
	for _, limit := range []float64{-1, 0.5, 1e3} {
		n, ok := v.OverAt(limit)
		text += fmt.Sprint(" over ", n, ok)
	}
	for rank := int64(1); rank <= v.Count(); rank += 1 + v.Count()/7 {
		from, to := v.Around(rank)
		text += fmt.Sprint(" ", from, "-", to)
	}
	return text
}

func TestWrittenValuesAreTheSame(t *testing.T) {
	for seed := range uint64(40) {
		rng := rand.New(rand.NewPCG(seed, 6))
		r := New(Config{Series: 1, Limits: [][]float64{{-1, 0.5, 1e3}}})
		for range 1 + rng.IntN(300) {
			r.Writer(0).Record(0, randomValue(rng), 0)
		}
		v := r.Snapshot(time.Second, true).Metrics[0]
		if got, want := valuesText(again(t, v)), valuesText(v); got != want {
			t.Fatalf("seed %d:\n got %s\nwant %s", seed, got, want)
		}
	}
}

func TestNonsenseIsRefused(t *testing.T) {
	for _, text := range []string{
		`{"ok":-1}`, `{"ok":1}`, `{"failed":1,"failures":{"status":2},"failed_after":{"tally":[1,5,5,5],"steps":"AAE"}}`,
		`{"failed":1,"failures":{"nothing":1},"failed_after":{"tally":[1,5,5,5],"steps":"AAE"}}`,
		`{"ok":1,"response":{"tally":[1,5,5,4],"steps":"AAE"}}`, `{"ok":1,"response":{"tally":[1,5,5,5],"steps":"AAI"}}`,
		`{"ok":1,"response":{"tally":[1,5,5,5]}}`, `{"ok":1,"response":{"tally":[1,5,5,5],"steps":"!"}}`,
		`{"ok":1,"response":{"tally":[1,5,5,5],"steps":"/////////////w8B"}}`,
		`{"thresholds":[1]}`, `{"thresholds":[2,1],"over":[0,0]}`, `{"status":[[200,1],[200,1]]}`,
		`{"extra":true,"counters":{"nothing":1}}`, `{"extra":true,"measures":{"dns":null}}`, `{"ok":9223372036854775807}`, `[]`,
	} {
		var s Stats
		if err := json.Unmarshal([]byte(text), &s); err == nil {
			t.Errorf("%s: no error", text)
		}
	}
	var s Stats
	if err := json.Unmarshal([]byte(`{"ok":1,"response":{"tally":[1,5,5,5],"steps":"AAE"}}`), &s); err != nil {
		t.Errorf("one that is right: %v", err)
	}
	for _, text := range []string{`{"n":0}`, `{"n":1,"min":2,"max":1}`, `{"n":1,"min":1,"max":1,"sum":["1","0"]}`, `{"n":1,"min":1,"max":1,"sum":["1","0"],"steps":"AAEAAAAAAADwPw"}`, `{"n":1,"limits":[1]}`} {
		var v Values
		if err := json.Unmarshal([]byte(text), &v); err == nil {
			t.Errorf("%s: no error", text)
		}
	}
}

// Whatever stands in a file, it is an error or can be asked and merged.
func FuzzStats(f *testing.F) {
	rng := rand.New(rand.NewPCG(1, 1))
	r := New(Config{Series: 3, Open: true, Thresholds: [][]int64{{1e7}, nil, {1e6}}, Beyond: [][]Beyond{askFor(1e6), nil, nil}})
	for range 50 {
		r.Writer(0).Add(randomSample(rng))
		e := anyEvent(rng, 3)
		e.book(r.Writer(0))
		r.Writer(0).Record(0, randomValue(rng), 0)
	}
	s := r.Snapshot(time.Second, true)
	for _, v := range []any{s.Total[0], s.Total[1], s.Metrics[0]} {
		data, err := json.Marshal(v)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		if len(data) > 1<<16 {
			return
		}
		var s Stats
		if json.Unmarshal(data, &s) == nil {
			everythingOf(&s)
			everythingOf(Merge(&s, &s, again(t, &s)))
		}
		var v Values
		if json.Unmarshal(data, &v) == nil {
			_ = valuesText(&v)
			_ = valuesText(MergeValues(&v, &v, again(t, &v)))
		}
	})
}

func TestStepsAreNumberedWithoutGaps(t *testing.T) {
	for step := range highestStep {
		if low := lowestOf(step); stepOf(low) != step || lowestOf(step+1) != top(low)+1 {
			t.Fatalf("step %d begins at %d, which is in step %d; the next at %d, after %d", step, low, stepOf(low), lowestOf(step+1), top(low))
		}
	}
}

func TestWrittenStatsAreSmall(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 3))
	r := New(Config{Series: 1})
	for range 1000 { // a busy second
		s := anySample(rng, 1)
		s.Class, s.Status = plan.OK, 200
		r.Writer(0).Add(s)
	}
	data, err := json.Marshal(r.Snapshot(time.Second, true).Total[0])
	if err != nil || len(data) > 6000 {
		t.Errorf("%d bytes, %v\n%.300s", len(data), err, data)
	}
}
