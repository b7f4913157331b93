package record

import (
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"math/bits"

	"throng/dsl/plan"
)

// statsForm is how a *Stats is written down as JSON: exactly, so that what is
// read back answers every question alike, and adds up alike. Times are
// nanoseconds; what is zero is left out. docs/journal.md describes each field.
type statsForm struct {
	OK       int64            `json:"ok,omitempty"`
	Failed   int64            `json:"failed,omitempty"`
	Censored int64            `json:"censored,omitempty"`
	Retried  int64            `json:"retried,omitempty"`
	Backward int64            `json:"backward,omitempty"`
	Clamped  int64            `json:"clamped,omitempty"`
	Open     bool             `json:"open,omitempty"`
	Failures map[string]int64 `json:"failures,omitempty"` // by the name of the class
	Status   [][2]int64       `json:"status,omitempty"`   // status and count, ascending
	BytesIn  int64            `json:"bytes_in,omitempty"`
	BytesOut int64            `json:"bytes_out,omitempty"`

	Thresholds []int64 `json:"thresholds,omitempty"`
	Over       []int64 `json:"over,omitempty"` // one for each threshold

	Response         *distForm  `json:"response,omitempty"`
	Service          *distForm  `json:"service,omitempty"`
	Fails            *distForm  `json:"failed_after,omitempty"`
	CensoredResponse *tallyForm `json:"censored_response,omitempty"`
	CensoredService  *tallyForm `json:"censored_service,omitempty"`
	Phases           *[7]int64  `json:"phases,omitempty"` // exchanges, connections, and sums of DNS, connect, TLS, wait, body

	Measures map[string]*timingForm `json:"measures,omitempty"`
	Counters map[string]int64       `json:"counters,omitempty"`
	Closes   [][2]int64             `json:"closes,omitempty"`
	Extra    bool                   `json:"extra,omitempty"` // something is known beside samples
}

// tallyForm is number, sum, minimum and maximum.
type tallyForm [4]int64

// distForm is a distribution. Steps are the populated steps of its histogram,
// base64 of unsigned varints, in pairs: by how much the step's number lies
// above that of the step before (of the first: its number), and how many
// values are in it. See stepOf for the numbers.
type distForm struct {
	Tally  tallyForm `json:"tally"`
	Beyond int64     `json:"beyond,omitempty"` // values above the histogram's range
	Steps  string    `json:"steps,omitempty"`
}

type timingForm struct {
	distForm
	Censored   *tallyForm `json:"censored,omitempty"`
	Thresholds []int64    `json:"thresholds,omitempty"`
	Over       []int64    `json:"over,omitempty"`
}

// MarshalJSON writes all that is known, exactly.
func (s *Stats) MarshalJSON() ([]byte, error) {
	f := statsForm{
		OK: s.OK, Failed: s.Failed, Censored: s.Censored, Retried: s.Retried, Backward: s.Backward, Clamped: s.clamped,
		Open: s.open, Status: pairsOf(s.Status), BytesIn: s.BytesIn, BytesOut: s.BytesOut,
		Thresholds: s.thresholds, Over: s.Over,
		Response: formOf(&s.dists[response]), Service: formOf(&s.dists[service]), Fails: formOf(&s.dists[failed]),
		CensoredResponse: tallyOf(&s.censored[response]), CensoredService: tallyOf(&s.censored[service]),
	}
	for c, n := range s.ByClass {
		if n != 0 && plan.ErrorClass(c) != plan.OK {
			f.Failures = with(f.Failures, plan.ErrorClass(c).String(), n)
		}
	}
	if p := &s.phases; *p != (phaseSums{}) {
		f.Phases = &[7]int64{p.n, p.connections, p.dns, p.connect, p.tls, p.wait, p.body}
	}
	if x := s.extras; x != nil && x.news {
		f.Extra = true
		for m, t := range x.times {
			if t == nil || t.empty() {
				continue
			}
			if f.Measures == nil {
				f.Measures = map[string]*timingForm{}
			}
			f.Measures[plan.Measure(m).String()] = &timingForm{
				distForm: distFormOf(&t.dist), Censored: tallyOf(&t.censored), Thresholds: t.thresholds, Over: t.over,
			}
		}
		for c, n := range x.counts {
			if n != 0 {
				f.Counters = with(f.Counters, plan.Counter(c).String(), n)
			}
		}
		f.Closes = pairsOf(x.closes)
	}
	return json.Marshal(&f)
}

func with(m map[string]int64, name string, n int64) map[string]int64 {
	if m == nil {
		m = map[string]int64{}
	}
	m[name] = n
	return m
}

func pairsOf(list []StatusCount) (pairs [][2]int64) {
	for _, c := range list {
		pairs = append(pairs, [2]int64{int64(c.Status), c.Count})
	}
	return pairs
}

func tallyOf(t *tally) *tallyForm {
	if *t == (tally{}) {
		return nil
	}
	return &tallyForm{t.n, t.sum, t.min, t.max}
}

func formOf(d *dist) *distForm {
	if d.n == 0 {
		return nil
	}
	f := distFormOf(d)
	return &f
}

func distFormOf(d *dist) distForm {
	f := distForm{Tally: tallyForm{d.n, d.sum, d.min, d.max}, Beyond: d.beyond}
	if d.packed == nil {
		return f
	}
	var b []byte
	before := uint64(0)
	d.packed.ForEachBucket(func(lowest, count int64) bool {
		step := stepOf(lowest)
		b = binary.AppendUvarint(b, step-before)
		b = binary.AppendUvarint(b, uint64(count))
		before = step
		return true
	})
	f.Steps = base64.RawStdEncoding.EncodeToString(b)
	return f
}

// stepOf numbers the histogram's steps in order, without gaps: 2048 of 64 ns,
// then 1024 of twice the width, and so on.
func stepOf(lowest int64) uint64 {
	doublings := bits.Len64(uint64(lowest)>>unitBits|(1<<subBits-1)) - subBits
	return uint64(doublings)<<(subBits-1) + uint64(lowest)>>(unitBits+doublings)
}

// lowestOf is the least value of a step that stepOf numbers.
func lowestOf(step uint64) int64 {
	if step < 1<<subBits {
		return int64(step << unitBits)
	}
	doublings := step>>(subBits-1) - 1
	return int64((step - doublings<<(subBits-1)) << (unitBits + doublings))
}

var highestStep = stepOf(highest)

// What is wrong with statistics that were written down.
var (
	errNegative     = errors.New("a count or time is negative")
	errCounts       = errors.New("counts do not agree")
	errTally        = errors.New("a minimum, maximum and number do not agree")
	errSteps        = errors.New("the steps of a distribution cannot be read")
	errOrder        = errors.New("a list is not in order")
	errUnknown      = errors.New("a name that this version does not know")
	maxListed       = 1000 // thresholds, statuses
	errSumOverflows = errors.New("counts are too large")
)

// UnmarshalJSON reads what MarshalJSON wrote. What does not hang together is
// an error; whatever is read can be asked and merged without harm.
func (s *Stats) UnmarshalJSON(data []byte) error {
	var f statsForm
	if err := json.Unmarshal(data, &f); err != nil {
		return err
	}
	*s = Stats{
		OK: f.OK, Failed: f.Failed, Censored: f.Censored, Retried: f.Retried, Backward: f.Backward, clamped: f.Clamped,
		open: f.Open, BytesIn: f.BytesIn, BytesOut: f.BytesOut, thresholds: f.Thresholds, Over: f.Over,
	}
	r := &checked{}
	r.counts(f.OK, f.Failed, f.Censored, f.Retried, f.Backward, f.Clamped, f.BytesIn, f.BytesOut)
	r.ascending(f.Thresholds, f.Over)
	s.Status = r.statuses(f.Status)
	s.ByClass[plan.OK] = f.OK
	r.classes(s, f.Failures)
	s.dists = [numKinds]dist{response: r.dist(f.Response), service: r.dist(f.Service), failed: r.dist(f.Fails)}
	s.censored = [2]tally{response: r.tally(f.CensoredResponse), service: r.tally(f.CensoredService)}
	if p := f.Phases; p != nil {
		r.counts(p[0], p[1])
		s.phases = phaseSums{p[0], p[1], p[2], p[3], p[4], p[5], p[6]}
	}
	r.agree(s.dists[response].n == s.OK && s.dists[failed].n == s.Failed && s.censored[response].n == s.Censored &&
		s.censored[service].n == s.Censored && s.Censored <= s.Failed && (s.open && s.dists[service].n == s.OK || s.dists[service].n == 0))
	if f.Extra {
		s.extras = r.extras(&f)
	}
	return r.err
}

// checked reads parts of a form, and keeps the first thing that is wrong.
type checked struct{ err error }

func (r *checked) fail(err error) {
	if r.err == nil {
		r.err = err
	}
}

func (r *checked) agree(ok bool) {
	if !ok {
		r.fail(errCounts)
	}
}

// mostCounted keeps sums of a few counts within int64.
const mostCounted = 1 << 60

func (r *checked) counts(list ...int64) {
	for _, n := range list {
		switch {
		case n < 0:
			r.fail(errNegative)
		case n > mostCounted:
			r.fail(errSumOverflows)
		}
	}
}

// ascending holds thresholds against the counts beyond them.
func (r *checked) ascending(thresholds, over []int64) {
	r.agree(len(thresholds) == len(over) && len(over) <= maxListed)
	r.counts(over...)
	for i := 1; i < len(thresholds); i++ {
		if thresholds[i] <= thresholds[i-1] {
			r.fail(errOrder)
		}
	}
}

func (r *checked) statuses(pairs [][2]int64) (list []StatusCount) {
	for i, p := range pairs {
		r.counts(p[0], p[1])
		if i > 0 && p[0] <= pairs[i-1][0] || p[0] > 1<<16 {
			r.fail(errOrder)
		}
		list = append(list, StatusCount{Status: int(p[0]), Count: p[1]})
	}
	return list
}

func (r *checked) classes(s *Stats, failures map[string]int64) {
	sum := int64(0)
	for name, n := range failures {
		c, ok := plan.ErrorClassNamed(name)
		if !ok {
			r.fail(fmt.Errorf("%w: class %.40q", errUnknown, name))
			return
		}
		r.counts(n)
		s.ByClass[c] = n
		sum += min(max(n, 0), mostCounted)
	}
	r.agree(sum == s.Failed)
}

func (r *checked) tally(f *tallyForm) (t tally) {
	if f == nil {
		return t
	}
	t = tally{f[0], f[1], f[2], f[3]}
	r.counts(t.n)
	if t.min < 0 || t.sum < 0 || t.max < t.min || t.n == 0 && t != (tally{}) {
		r.fail(errTally)
	}
	return t
}

func (r *checked) dist(f *distForm) (d dist) {
	if f == nil {
		return d
	}
	d = dist{tally: r.tally(&f.Tally), beyond: f.Beyond}
	r.counts(f.Beyond)
	b, err := base64.RawStdEncoding.DecodeString(f.Steps)
	if err != nil {
		r.fail(errSteps)
		return d
	}
	left := d.n - d.beyond
	for step := uint64(0); len(b) > 0 && r.err == nil; {
		var up, count uint64
		if up, b = r.uvarint(b); r.err != nil {
			break
		}
		if count, b = r.uvarint(b); r.err != nil {
			break
		}
		if up > highestStep-step || up == 0 && d.packed != nil || count == 0 || count > uint64(max(left, 0)) {
			r.fail(errSteps)
			break
		}
		step += up
		left -= int64(count)
		if d.packed == nil {
			d.packed = newPacked()
		}
		if d.packed.RecordValues(lowestOf(step), int64(count)) != nil {
			r.fail(errSteps)
		}
	}
	r.agree(left == 0)
	if d.packed != nil {
		d.packed.Compact()
	}
	return d
}

func (r *checked) uvarint(b []byte) (uint64, []byte) {
	v, n := binary.Uvarint(b)
	if n <= 0 {
		r.fail(errSteps)
		return 0, nil
	}
	return v, b[n:]
}

func (r *checked) extras(f *statsForm) *extras {
	x := &extras{news: true, closes: r.statuses(f.Closes)}
	for name, t := range f.Measures {
		m, ok := plan.MeasureNamed(name)
		if !ok || t == nil {
			r.fail(fmt.Errorf("%w: measure %.40q", errUnknown, name))
			return x
		}
		r.ascending(t.Thresholds, t.Over)
		x.times[m] = &timing{dist: r.dist(&t.distForm), censored: r.tally(t.Censored), thresholds: t.Thresholds, over: t.Over}
	}
	for name, n := range f.Counters {
		c, ok := counterNamed(name)
		if !ok {
			r.fail(fmt.Errorf("%w: counter %.40q", errUnknown, name))
			return x
		}
		r.counts(n)
		x.counts[c] = n
	}
	return x
}

func counterNamed(name string) (plan.Counter, bool) {
	for c := range plan.NumCounters {
		if c.String() == name {
			return c, true
		}
	}
	return 0, false
}
