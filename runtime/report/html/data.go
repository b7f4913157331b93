package html

import (
	"bytes"
	"compress/flate"
	"encoding/base64"
	"encoding/json"
	"math"
	"slices"
	"strconv"
	"time"

	"throng/dsl/plan"
	"throng/runtime/record"
	"throng/runtime/report"
	"throng/runtime/report/text"
	"throng/runtime/results"
)

// chartData is what the script draws from. Times are microseconds with three
// significant digits, 0 where nothing finished, negative where the true value
// is at least that; moments are seconds from the run's start.
type chartData struct {
	Width    float64      `json:"width"` // of a bucket
	End      float64      `json:"end"`
	Warmup   float64      `json:"warmup"`
	Started  int64        `json:"started"` // Unix milliseconds
	Open     bool         `json:"open"`
	Bins     int          `json:"bins"`
	BinStart micros       `json:"binStart"`
	BinStep  float64      `json:"binStep"`
	HeatStep int          `json:"heatStep"` // buckets in a column of the heat maps
	Length   []float64    `json:"length"`   // seconds known of each bucket
	Users    []int        `json:"users"`
	Wanted   []report.Num `json:"wanted"`
	Missed   []int64      `json:"missed"`
	CPU      []micros     `json:"cpu"`  // share of all cores in the bucket
	Lag      []micros     `json:"lag"`  // start lag p99 so far
	Knee     report.Num   `json:"knee"` // the load from which on throughput stays; 0 for none
	Stages   []stageData  `json:"stages"`
	Marks    []markData   `json:"marks"`
	Total    seriesData   `json:"total"`
	Rows     []seriesData `json:"rows"` // in the order of the page's tables
}

type stageData struct {
	Name string  `json:"name"`
	From float64 `json:"from"`
	To   float64 `json:"to"`
}

type markData struct {
	At   float64 `json:"at"`
	Kind string  `json:"kind"`
	Text string  `json:"text"`
}

type seriesData struct {
	Name    string             `json:"name"`
	OK      []int64            `json:"ok"`
	Failed  []int64            `json:"failed"`
	Timeout []int64            `json:"timeout"`
	P50     []micros           `json:"p50"`
	P95     []micros           `json:"p95"`
	P99     []micros           `json:"p99"`
	Max     []micros           `json:"max"`
	S50     []micros           `json:"s50,omitempty"` // service time; open model
	S95     []micros           `json:"s95,omitempty"`
	Classes map[string][]int64 `json:"classes"`
	Heat    [][]int64          `json:"heat,omitempty"` // by column: pairs of bin and successes
	Hist    []int64            `json:"hist,omitempty"` // pairs
	HistBad []int64            `json:"histBad,omitempty"`
	Nines   [][2]float64       `json:"nines,omitempty"` // pairs of quantile and time
	Limits  []limitData        `json:"limits,omitempty"`
	Facts   [][2]string        `json:"facts"` // what else is known of it, as texts
}

// limitData is a ceiling on the response times of requests.
type limitData struct {
	Text     string       `json:"text"`
	Name     string       `json:"-"` // of the SLAs that say so
	Warning  bool         `json:"-"` // it decides nothing
	Quantile float64      `json:"q"`
	At       micros       `json:"at"`
	Spans    [][2]float64 `json:"spans"` // the parts of the run it is about; empty for all of it
}

// micros is a number with three significant digits.
type micros float64

// MarshalJSON writes the number without an exponent.
func (m micros) MarshalJSON() ([]byte, error) {
	v := float64(m)
	if v == 0 || math.IsNaN(v) || math.IsInf(v, 0) {
		return []byte("0"), nil
	}
	v, err := strconv.ParseFloat(strconv.FormatFloat(v, 'e', 2, 64), 64)
	return strconv.AppendFloat(nil, v, 'f', -1, 64), err
}

func latencyData(l record.Latency) micros {
	switch v := micros(float64(max(l.Ns, 1)) / 1e3); {
	case !l.Valid:
		return 0
	case l.Censored:
		return -v
	default:
		return v
	}
}

// heatCells bounds the columns of all heat maps together.
const heatCells = 24_000

func newChartData(run *results.Run, t *timeline, order []int, shared []limitData, about func(slot int) ([]limitData, [][2]string)) *chartData {
	n := len(t.buckets)
	d := &chartData{
		Width: t.width.Seconds(), End: t.end.Seconds(), Bins: bins, BinStart: binStart / 1e3, BinStep: binStep, HeatStep: 1,
		Stages: []stageData{}, Marks: []markData{}, Rows: []seriesData{}, Length: []float64{}, Users: []int{},
	}
	d.HeatStep = max(1, (n*len(order)+heatCells-1)/heatCells)
	r := run.Report
	d.Warmup, d.Started = time.Duration(r.Warmup.Length).Seconds(), r.Run.Started.UnixMilli()
	d.Open = r.Plan.Model != plan.Closed.String()
	for _, s := range t.stages {
		d.Stages = append(d.Stages, stageData{text.Clean(s.name), s.from.Seconds(), s.to.Seconds()})
	}
	for _, m := range run.Marks {
		d.Marks = append(d.Marks, markData{m.At.Seconds(), string(m.Kind), markText(m)})
	}
	cpu := 0.0 // core seconds so far, as a share
	for i := range t.buckets {
		b := &t.buckets[i]
		d.Length, d.Users, d.Wanted = append(d.Length, b.length.Seconds()), append(d.Users, b.users), append(d.Wanted, report.Num(b.wanted))
		d.Missed, d.Lag = append(d.Missed, b.missed), append(d.Lag, micros(b.health.StartLagP99)/1e3)
		until := (b.at + b.length).Seconds() * b.health.CPU
		share := 0.0
		if b.length > 0 {
			share = min(1, max(0, (until-cpu)/b.length.Seconds()))
		}
		cpu, d.CPU = max(cpu, until), append(d.CPU, micros(share))
	}
	d.Total = seriesOf(t, d.Open, func(b *bucket) *cell { return &b.total })
	d.Total.Name, d.Total.Limits = "all requests", shared
	for k, i := range order {
		s := seriesOf(t, d.Open, func(b *bucket) *cell { return &b.rows[i] })
		s.Name = text.Clean(run.Rows[i].Label)
		s.Limits, s.Facts = about(k)
		s.Heat = heatOf(t, i, d.HeatStep)
		s.Hist, s.HistBad = binned(run.Rows[i].Total.Buckets()), binned(run.Rows[i].Total.FailedBuckets())
		s.Nines = ninesOf(run.Rows[i].Total)
		d.Rows = append(d.Rows, s)
	}
	return d
}

func seriesOf(t *timeline, open bool, of func(*bucket) *cell) seriesData {
	n := len(t.buckets)
	s := seriesData{Classes: map[string][]int64{}}
	for i := range t.buckets {
		c := of(&t.buckets[i])
		s.OK, s.Failed, s.Timeout = append(s.OK, c.ok), append(s.Failed, c.failed), append(s.Timeout, c.timedOut)
		s.P50, s.P95 = append(s.P50, latencyData(c.p50)), append(s.P95, latencyData(c.p95))
		s.P99, s.Max = append(s.P99, latencyData(c.p99)), append(s.Max, latencyData(c.max))
		if open {
			s.S50, s.S95 = append(s.S50, latencyData(c.service50)), append(s.S95, latencyData(c.service95))
		}
		for _, k := range c.classes {
			word := (&report.Error{Class: k.class.String()}).What()
			if s.Classes[word] == nil {
				s.Classes[word] = make([]int64, n)
			}
			s.Classes[word][i] += k.n
		}
	}
	return s
}

func heatOf(t *timeline, row, step int) [][]int64 {
	var out [][]int64
	for part := range slices.Chunk(t.buckets, step) {
		column := []int64{}
		for i := range part {
			column = joined(column, part[i].rows[row].heat)
		}
		out = append(out, column)
	}
	return out
}

// ninesOf is a distribution from the median's side to the last sample, evenly
// on the scale of nines.
func ninesOf(s *record.Stats) [][2]float64 {
	n := float64(s.Judged())
	if n == 0 {
		return nil
	}
	const steps = 6 // to each nine
	var out [][2]float64
	add := func(q float64, l record.Latency) {
		v, _ := strconv.ParseFloat(strconv.FormatFloat(float64(latencyData(l)), 'e', 2, 64), 64)
		out = append(out, [2]float64{q, v})
	}
	for k := 0; ; k++ {
		q := 1 - math.Pow(10, -float64(k)/steps)
		if 1-q < 1/n || k > 8*steps {
			break
		}
		q, _ = strconv.ParseFloat(strconv.FormatFloat(q, 'f', 8, 64), 64)
		add(q, s.Quantile(q))
	}
	add(1, s.MaxLatency())
	return out
}

// packed is the data as they stand in the page: JSON, deflated, in base64.
func (d *chartData) packed() (string, error) {
	plain, err := json.Marshal(d)
	if err != nil {
		return "", err
	}
	var b bytes.Buffer
	w, err := flate.NewWriter(&b, flate.BestCompression)
	if err != nil {
		return "", err
	}
	if _, err := w.Write(plain); err != nil {
		return "", err
	}
	if err := w.Close(); err != nil {
		return "", err
	}
	return base64.StdEncoding.EncodeToString(b.Bytes()), nil
}
