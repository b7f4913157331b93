package main

import (
	"fmt"
	"math"
	"slices"
	"time"

	"throng/runtime/truth/trace"
)

const (
	ms  = time.Millisecond
	sec = time.Second
)

// load is what a generator is asked to offer.
type load struct {
	rate    int // arrivals a second, open; 0 for the closed model
	poisson bool
	most    int // users at most, open
	users   int // closed
	think   time.Duration
	span    time.Duration
	rows    int // of data that the generator holds
}

// figures are latencies in milliseconds; below 0 where a tool does not say.
type figures struct {
	N    int64   `json:"n"`
	Mean float64 `json:"mean"`
	P50  float64 `json:"p50"`
	P95  float64 `json:"p95"`
	P99  float64 `json:"p99"`
	P999 float64 `json:"p999"`
	Max  float64 `json:"max"`
}

func figuresOf(sorted []time.Duration) figures {
	if len(sorted) == 0 {
		return figures{}
	}
	at := func(p float64) float64 { return inMs(trace.Percentile(sorted, p)) }
	return figures{N: int64(len(sorted)), Mean: inMs(trace.Mean(sorted)), P50: at(0.5), P95: at(0.95), P99: at(0.99), P999: at(0.999), Max: at(1)}
}

func inMs(d time.Duration) float64 { return float64(d) / float64(ms) }

// line is one figure held against its truth.
type line struct {
	figure      string
	truth, ours float64
	unit        string  // "ms", "/s", ""
	share       float64 // how far off it may be, of the truth
	least       float64 // and at least, in its unit
	each        bool    // the worst round is judged, not the median
	always      bool    // judged however busy the machine was
}

func (l line) within() bool {
	return math.Abs(l.ours-l.truth) <= max(l.share*math.Abs(l.truth), l.least)
}

// experiment is one of the battery.
type experiment struct {
	name, number string
	what         string // what it proves, and where its truth is from
	spec         trace.Spec
	load         load
	promise      string // limits of the scenario's SLA, beside its error rate
	harm         harm   // what is done to the generator; none where it is nil
	env          []string
	lines        func(e experiment, r run) []line
}

// percentiles are ours against the server's own log: within 1 % or 0.2 ms.
func percentiles(_ experiment, r run) []line {
	list := []line{{figure: "requests", truth: float64(r.Server.N), ours: float64(r.Tells.N)}}
	for _, f := range []struct {
		name        string
		truth, ours float64
	}{{"p50", r.Server.P50, r.Tells.P50}, {"p95", r.Server.P95, r.Tells.P95}, {"p99", r.Server.P99, r.Tells.P99}, {"p99.9", r.Server.P999, r.Tells.P999}} {
		list = append(list, line{figure: f.name, truth: f.truth, ours: f.ours, unit: "ms", share: 0.01, least: 0.2})
	}
	return list
}

// formula holds p99, p99.9 and the longest against a formula, within 2 %, and
// the number of requests exactly.
func formula(at func(p float64) time.Duration) func(e experiment, r run) []line {
	return func(e experiment, r run) []line {
		list := []line{{figure: "requests", truth: float64(e.load.rate) * e.load.span.Seconds(), ours: float64(r.Tells.N)}}
		for _, f := range []struct {
			name string
			p    float64
			ours float64
		}{{"p50", 0.5, r.Tells.P50}, {"p99", 0.99, r.Tells.P99}, {"p99.9", 0.999, r.Tells.P999}, {"max", 1, r.Tells.Max}} {
			list = append(list, line{figure: f.name + " by the formula", truth: inMs(at(f.p)), ours: f.ours, unit: "ms", share: 0.02, least: 0.2})
		}
		return append(list, percentiles(e, r)[1:]...)
	}
}

// bias is what lies between our service time and the server's: the kernel,
// and us.
func bias(_ experiment, r run) []line {
	return []line{
		{figure: "requests", truth: float64(r.Server.N), ours: float64(r.Tells.N)},
		{figure: "service p50", truth: r.Server.P50, ours: r.Service.P50, unit: "ms", least: 0.05},
		{figure: "service p99", truth: r.Server.P99, ours: r.Service.P99, unit: "ms", least: 1},
	}
}

// evenness: what was intended came, spread as declared.
func evenness(e experiment, r run) []line {
	want := float64(e.load.rate) * e.load.span.Seconds()
	windows := make([]int, int(e.load.span.Seconds()))
	log := trace.Complete(r.log)
	for _, x := range log {
		if w := int((x.Arrived - log[0].Arrived) / int64(sec)); w < len(windows) {
			windows[w]++
		}
	}
	good := 0
	for _, n := range windows {
		if math.Abs(float64(n)-float64(e.load.rate)) <= 0.01*float64(e.load.rate) {
			good++
		}
	}
	return []line{
		{figure: "intended", truth: want, ours: float64(r.Intended)},
		{figure: "sent and missed", truth: want, ours: float64(r.Tells.N + r.Missed)},
		{figure: "sent, by the server", truth: want, ours: float64(len(log)), share: 0.0001},
		{figure: "windows of 1 s within 1 %", truth: float64(len(windows)), ours: float64(good), share: 0.01},
		{figure: "start lag p99", ours: r.StartLag, unit: "ms", least: 2},
	}
}

// law: of a closed model, throughput is N/(R+Z), and the mean number in
// flight is throughput times response time.
func law(e experiment, r run) []line {
	log := trace.Complete(r.log)
	var inFlight float64
	for _, x := range log {
		inFlight += float64(x.Ended - x.Arrived)
	}
	first, last := log[0].Arrived, log[len(log)-1].Arrived
	rate := float64(len(log)-1) / (float64(last-first) / 1e9)
	return append([]line{
		{figure: "N/(R+Z)", truth: float64(e.load.users) / (r.Tells.Mean + inMs(e.load.think)) * 1e3, ours: rate, unit: "/s", share: 0.01},
		{figure: "mean in flight", truth: inFlight / float64(last-first), ours: rate * r.Tells.Mean / 1e3, share: 0.02},
	}, percentiles(e, r)...)
}

const (
	gateShut = 1500 * ms
	gateSpan = 60 * sec
	gateBase = 5 * ms
	trapRate = 150
	trapSpan = 20 * sec
	trapWork = 10 * ms
)

var experiments = []experiment{
	{
		name: "gate", number: "M1", what: "Coordinated omission. 500/s for T = 60 s against 5 ms; once the server shuts a gate for S = 1.5 s and then answers " +
			"everything that came. For p above 1 − S/T = 97.5 %: L(p) = S − T(1−p), and the 5 ms; who waits for answers before sending on sees none of it. " +
			"Truth: the formula (an even rate meets a stall evenly), and the server's log.",
		spec: trace.Spec{Service: constant(gateBase), Gate: trace.Gate{First: 20 * sec, Shut: gateShut}},
		load: load{rate: 500, most: 2000, span: gateSpan},
		lines: formula(func(p float64) time.Duration {
			return gateBase + max(0, gateShut-time.Duration(math.Round((1-p)*float64(gateSpan))))
		}),
	},
	{
		name: "queue", number: "M2", what: "The client-queue trap. A server of one request at a time and 10 ms each, offered 150/s for 20 s and then drained: request n waits " +
			"n/100 − n/150 s, so L(p) = 10 ms + p·10 s. A clock that starts when a worker is free shows 10 ms. Truth: the formula, and the server's log.",
		spec: trace.Spec{Service: constant(trapWork), Queue: trace.FirstCome},
		load: load{rate: trapRate, most: 2500, span: trapSpan},
		lines: formula(func(p float64) time.Duration {
			n := math.Ceil(p*trapRate*trapSpan.Seconds()) - 1
			return trapWork + time.Duration(n*(trapWork.Seconds()-1.0/trapRate)*1e9)
		}),
	},
	{
		name: "stall", number: "M1", what: "Stalls of 1 s every 5 s, 200/s, open model. Truth: the server's log; by theory L(p) = 1 s − 5 s·(1−p) and the 5 ms for p above 80 %.",
		spec:  trace.Spec{Service: constant(5 * ms), Gate: trace.Gate{First: 2 * sec, Every: 5 * sec, Shut: sec}},
		load:  load{rate: 200, most: 1000, span: 20 * sec},
		lines: percentiles,
	},
	{
		name: "mixture", number: "M11", what: "Three points, 89 % 5 ms, 9.5 % 50 ms, 1.5 % 500 ms, 400/s. Truth: the server's log.",
		spec: trace.Spec{Service: trace.Service{Law: trace.Mixture, Times: []time.Duration{5 * ms, 50 * ms, 500 * ms}, Shares: []float64{89, 9.5, 1.5}, Seed: 11}},
		load: load{rate: 400, most: 1000, span: 20 * sec}, lines: percentiles,
	},
	{
		name: "lognormal", number: "M11", what: "Log-normal of median 20 ms and σ = 1, 300/s. Truth: the server's log.",
		spec: trace.Spec{Service: trace.Service{Law: trace.LogNormal, Times: []time.Duration{20 * ms}, Sigma: 1, Seed: 12}},
		load: load{rate: 300, most: 1000, span: 20 * sec}, lines: percentiles,
	},
	{
		name: "mm1", number: "M3", what: "M/M/1 at 70 %: Poisson arrivals at 70/s, one server, exponential service of 10 ms. Truth: the server's log, which Lindley's recursion checks.",
		spec: trace.Spec{Service: trace.Service{Law: trace.Exponential, Times: []time.Duration{10 * ms}, Seed: 13}, Queue: trace.FirstCome},
		load: load{rate: 70, poisson: true, most: 1000, span: 30 * sec}, lines: percentiles,
	},
	{
		name: "closed", number: "M4", what: "Closed model: N = 50 users, Z = 100 ms of thought, 20 ms of service. Truth: throughput by the server's log is N/(R+Z), R ours; " +
			"Little's law: the mean number in flight by the server's log is throughput times R.",
		spec: trace.Spec{Service: constant(20 * ms)}, load: load{users: 50, think: 100 * ms, span: 20 * sec}, lines: law,
	},
	{
		name: "rate", number: "M6", what: "1,000/s for 60 s: 60,000 intended, evenly spaced. Truth: arithmetic, and the server's log.",
		spec: trace.Spec{Service: constant(ms)}, load: load{rate: 1000, most: 1000, span: 60 * sec}, lines: evenness,
	},
	{
		name: "bias-200", number: "M26", what: "What lies between our service time and the server's own, at 200/s and no work: kernel, scheduler and us.",
		spec: trace.Spec{}, load: load{rate: 200, most: 500, span: 10 * sec}, lines: bias,
	},
	{
		name: "bias-2000", number: "M26", what: "The same at 2,000/s.",
		spec: trace.Spec{}, load: load{rate: 2000, most: 500, span: 10 * sec}, lines: bias,
	},
	{
		name: "bias-10000", number: "M26", what: "The same at 10,000/s.",
		spec: trace.Spec{}, load: load{rate: 10_000, most: 1000, span: 10 * sec}, lines: bias,
	},
	{
		name: "idle", number: "M19", what: "The control of what follows: 200/s, and nobody harms the generator. No round may call itself saturated.",
		spec: trace.Spec{Service: constant(5 * ms)}, load: load{rate: 200, most: 500, span: 8 * sec}, promise: tight, lines: flagged(false),
	},
	{
		name: "starved-quota", number: "M19", what: "The generator may run for 20 ms of every 100, as under a CPU quota of 20 %. Every round must call itself saturated.",
		spec: trace.Spec{Service: constant(5 * ms)}, load: load{rate: 200, most: 500, span: 8 * sec}, promise: tight, harm: quota, lines: flagged(true),
	},
	{
		name: "starved-spin", number: "M19", what: "Four processes spin on the generator's core. Every round must call itself saturated.",
		spec: trace.Spec{Service: constant(5 * ms)}, load: load{rate: 200, most: 500, span: 8 * sec}, promise: tight, harm: spinners, lines: flagged(true),
	},
	{
		name: "starved-load", number: "M19", what: "60,000/s are asked of one core, several times what it can make. Every round must call itself saturated.",
		spec: trace.Spec{}, load: load{rate: 60_000, most: 1000, span: 8 * sec}, promise: tight, lines: flagged(true),
	},
	{
		name: "freeze", number: "M20", what: "The generator is stopped (SIGSTOP) for S = 0.5 s of T = 10 s at 500/s: 250 arrivals begin late, by 0 to 500 ms, evenly. For p above 95 % the start lag is " +
			"S − T(1−p), and the response time that and the 5 ms; what the server took is shown apart, as service time. Every round must call itself saturated.",
		spec: trace.Spec{Service: constant(5 * ms)}, load: load{rate: 500, most: 1000, span: 10 * sec}, promise: tight, harm: freeze, lines: frozen,
	},
	{
		name: "gc", number: "M21", what: "The generator collects garbage without pause (GOGC=1) while it holds 300,000 rows. The service p99 is the server's within 1 ms, or the round calls itself saturated.",
		spec: trace.Spec{Service: constant(5 * ms)}, load: load{rate: 500, most: 1000, span: 10 * sec, rows: 300_000}, promise: tight, env: []string{"GOGC=1"}, lines: collected,
	},
}

func constant(d time.Duration) trace.Service {
	return trace.Service{Law: trace.Constant, Times: []time.Duration{d}}
}

// off is how far the logged times of a queue are above Lindley's recursion on
// its own arrivals and draws, at the median and at most, in ms.
func off(log []trace.Entry) (median, most float64) {
	log = trace.Complete(log)
	var arrivals, service []time.Duration
	for _, e := range log {
		arrivals, service = append(arrivals, time.Duration(e.Arrived)), append(service, time.Duration(e.Planned))
	}
	var gaps []float64
	for i, want := range trace.Lindley(arrivals, service) {
		gaps = append(gaps, inMs(log[i].Took()-want))
	}
	if len(gaps) == 0 {
		return 0, 0
	}
	slices.Sort(gaps)
	return gaps[len(gaps)/2], gaps[len(gaps)-1]
}

func (l load) String() string {
	if l.rate == 0 {
		return fmt.Sprintf("%d users, %v of thought, %v", l.users, l.think, l.span)
	}
	how := ""
	if l.poisson {
		how = ", Poisson"
	}
	return fmt.Sprintf("%d/s%s, %v", l.rate, how, l.span)
}
