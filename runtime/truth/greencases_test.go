package truth

import (
	"time"

	"throng/dsl/plan"
	"throng/runtime/engine"
	"throng/runtime/health"
	"throng/runtime/outcome"
)

// Answers of the target in memory.
func always(a mockAnswer) func(int) mockAnswer { return func(int) mockAnswer { return a } }

// each is a every so many requests, else an ordinary answer.
func each(n int, a mockAnswer) func(int) mockAnswer {
	return func(i int) mockAnswer {
		if i%n == 0 {
			return a
		}
		return mockAnswer{}
	}
}

func after(d time.Duration, do func(e *engine.Engine, cancel func())) func(*engine.Engine, func()) {
	return func(e *engine.Engine, cancel func()) {
		time.Sleep(d) // of virtual time
		do(e, cancel)
	}
}

var starved = health.Report{Cores: 2, Saturated: []string{"The process was short of CPU: it used 97 % of 2 cores over 5 s, and the limit is 85 %, since 12s."}}

// greenCases is the matrix of no false green. All but those that say so are
// whole runs, from their source on; what is cut short in the command line
// (results that cannot be written) is in its script nogreen.txtar.
var greenCases = []greenCase{
	// Nothing was measured.
	{name: "no request is made, since every task is skipped", user: "  wait = \"1s\"\n  task \"t\" {\n    when {\n      condition = user.index > 1e6\n      get \"/items\" { tags = [\"read\"] }\n    }\n  }\n",
		want: inconclusive, says: "no sample"},
	{name: "every request fails, and only latency is limited", slas: "sla \"read\" { p95 = \"500ms\" }\n", answer: always(mockAnswer{status: 500}),
		want: inconclusive, says: "no sample: all"},
	{name: "every request fails", answer: always(mockAnswer{status: 500}), want: failed, says: "error_rate ≤ 1 %"},
	{name: "nobody listens", answer: always(mockAnswer{class: plan.FailRefused}), want: failed, says: "failed (100 %)"},
	{name: "the name does not resolve", slas: "sla \"read\" { p99 = \"500ms\" }\n", answer: always(mockAnswer{class: plan.FailDNS}), want: inconclusive, says: "no sample: all"},
	{name: "the warm-up eats the run", profile: greenProfile + "  warmup = \"1m\"\n", want: refused, says: "warm"},
	{name: "the warm-up eats what iterations leave", profile: "  users = 10\n  duration = \"1m\"\n  iterations = 100\n  warmup = \"30s\"\n", want: inconclusive, says: "no sample"},
	{name: "a profile without load for a judged class", user: greenUser + "}\nuser \"writer\" {\n  wait = \"1s\"\n  post \"/orders\" {}\n", profile: "  duration = \"1m\"\n  user \"visitor\" { users = 10 }\n",
		slas: "sla \"write\" {\n  match { requests = [\"POST /orders\"] }\n  error_rate = \"1%\"\n}\n", want: inconclusive, says: "no SLA judges this profile"},
	{name: "a profile without load for a class judged beside another", user: greenUser + "}\nuser \"writer\" {\n  wait = \"1s\"\n  post \"/orders\" {}\n", profile: "  duration = \"1m\"\n  user \"visitor\" { users = 10 }\n",
		slas: "sla \"write\" {\n  match { requests = [\"POST /orders\"] }\n  error_rate = \"1%\"\n}\nsla \"read\" {\n  match { tags = [\"read\"] }\n  p95 = \"1ms\"\n}\n", want: failed, says: "took longer than 1 ms"},
	{name: "a judged request is switched off by its weight", user: "  wait = \"100ms\"\n  get \"/items\" { weight = 1 }\n  get \"/rare\" { weight = 0 }\n",
		slas: "sla \"rare\" {\n  match { requests = [\"GET /rare\"] }\n  p95 = \"1s\"\n}\n", want: refused, says: "switched off by a weight of 0"},
	{name: "one of two requests judged each has none", user: "  wait = \"100ms\"\n  get \"/items\" {}\n  task \"rare\" {\n    when {\n      condition = user.index > 1e6\n      get \"/rare\" {}\n    }\n  }\n",
		slas: "sla \"all\" {\n  judge = \"each\"\n  error_rate = \"1%\"\n}\n", want: inconclusive, says: "GET /rare, error_rate ≤ 1 %: no sample"},
	{name: "a metric that nothing is recorded into", user: "  wait = \"100ms\"\n  get \"/items\" { record = { queued = response.json.queued } }\n", answer: always(mockAnswer{body: "{}"}),
		slas: "sla \"queue\" {\n  match { metrics = [\"queued\"] }\n  p95 = \"1s\"\n}\n", more: "metric \"queued\" { unit = \"s\" }\n", want: inconclusive, says: "nothing was recorded"},
	{name: "a group nobody gets through to", user: "  wait = \"100ms\"\n  task \"t\" {\n    get \"/a\" { on_failure = \"task\" }\n    group \"checkout\" {\n      get \"/b\" {}\n    }\n  }\n", answer: always(mockAnswer{status: 503}),
		slas: "sla \"buy\" {\n  match { groups = [\"checkout\"] }\n  p95 = \"1s\"\n}\n", want: inconclusive, says: "no sample"},
	{name: "a session value is missing, so the judged request cannot be made", user: "  wait = \"100ms\"\n  task \"t\" {\n    get \"/a\" { capture = { next = try(response.json.next, null) } }\n    get \"/b/:id\" { params = { id = session.next } }\n  }\n", answer: always(mockAnswer{body: "{}"}),
		slas: "sla \"b\" {\n  match { requests = [\"GET /b/:id\"] }\n  error_rate = \"1%\"\n}\n", want: failed, says: "failed (100 %)"},

	// Too little was measured.
	{name: "too few samples for a p99", profile: "  users = 1\n  duration = \"20s\"\n", slas: "sla \"read\" { p99 = \"1s\" }\n", want: inconclusive, says: "needs 299 samples"},
	{name: "too few samples for a p99.9", slas: "sla \"read\" { p99_9 = \"1s\" }\n", profile: "  users = 2\n  duration = \"1m\"\n", want: inconclusive, says: "needs 2,995 samples"},
	{name: "a tail of six in a hundred", slas: "sla \"read\" { p95 = \"1500ms\" }\n", profile: "  users = 1\n  iterations = 102\n  duration = \"10m\"\n",
		answer: func(n int) mockAnswer {
			if n > 96 {
				return mockAnswer{after: 1502 * ms}
			}
			return mockAnswer{after: time.Duration(n%8)*ms + 1}
		}, want: failed, says: "6 of 102 took longer than 1.50 s"},

	// Nothing was promised.
	{name: "no SLA", slas: nothing, want: inconclusive, says: "no SLA is declared"},
	{name: "only warnings", slas: "sla \"read\" {\n  warn { p95 = \"500ms\" }\n}\n", want: inconclusive, says: "no rule can fail"},
	{name: "the only limit is for another profile", slas: "sla \"read\" {\n  profile \"q\" { p95 = \"1s\" }\n}\n", more: "profile \"q\" {\n  users = 1\n  duration = \"1m\"\n}\n", of: "p", want: inconclusive, says: "no SLA judges this profile"},
	{name: "an override by null does not lift a limit", profile: greenProfile + "  sla \"read\" {\n    p95 = null\n    error_rate = null\n  }\n", answer: always(mockAnswer{after: sec}), want: failed, says: "p95 ≤ 500 ms"},
	{name: "an override lifts one limit, and another is broken", profile: greenProfile + "  sla \"read\" { p95 = \"1h\" }\n", answer: each(3, mockAnswer{status: 500}), want: failed, says: "error_rate ≤ 1 %"},
	{name: "an SLA switched off by tags that nothing bears", slas: "sla \"read\" {\n  match { tags = [\"red\"] }\n  p95 = \"500ms\"\n}\n", want: refused, says: "red"},
	{name: "an SLA whose tags exclude everything", slas: "sla \"read\" {\n  match {\n    tags = [\"read\"]\n    not_tags = [\"read\"]\n  }\n  p95 = \"500ms\"\n}\n", want: refused, says: "matches"},

	// Something is misspelt.
	{name: "a misspelt request", slas: "sla \"read\" {\n  match { requests = [\"GET /itmes\"] }\n  p95 = \"500ms\"\n}\n", want: refused, says: "/itmes"},
	{name: "a misspelt limit", slas: "sla \"read\" { p_95 = \"500ms\" }\n", want: refused, says: "p_95"},
	{name: "a misspelt metric", slas: "sla \"read\" {\n  match { metrics = [\"qeued\"] }\n  p95 = \"500ms\"\n}\n", more: "metric \"queued\" { unit = \"s\" }\n", want: refused, says: "qeued"},
	{name: "an override of a misspelt SLA", profile: greenProfile + "  sla \"raed\" { p95 = \"1s\" }\n", want: refused, says: "raed"},
	{name: "a limit without a unit", slas: "sla \"read\" { p95 = 500 }\n", want: refused, says: "unit"},
	{name: "a limit divided by zero", slas: "sla \"read\" { error_rate = 1 / 0 }\n", want: refused, says: "too large or too small, or infinite"},
	{name: "a limit that is no number", slas: "sla \"read\" { p95 = \"NaN s\" }\n", want: refused, says: "NaN"},

	// The target is bad in ways that look good.
	{name: "timeouts censor the tail", slas: "sla \"read\" { p99 = \"2s\" }\n", user: "  wait = \"100ms\"\n  get \"/items\" { timeout = \"1s\" }\n", answer: each(25, mockAnswer{after: time.Minute}),
		want: failed, says: "timed out"},
	{name: "timeouts censor the mean", slas: "sla \"read\" { mean = \"2s\" }\n", user: "  wait = \"100ms\"\n  get \"/items\" { timeout = \"1s\" }\n", answer: each(25, mockAnswer{after: time.Minute}),
		want: inconclusive, says: "so the mean is unknown"},
	{name: "timeouts censor the maximum", slas: "sla \"read\" { max = \"2s\" }\n", user: "  wait = \"100ms\"\n  get \"/items\" { timeout = \"1s\" }\n", answer: each(1000, mockAnswer{after: time.Minute}),
		want: failed, says: "timed out"},
	{name: "retries hide failures", user: "  wait = \"100ms\"\n  get \"/items\" {\n    retry { attempts = 3 }\n  }\n", answer: each(2, mockAnswer{status: 503}), slas: "sla \"read\" { error_rate = \"10%\" }\n",
		want: failed, says: "error_rate ≤ 10 %"},
	{name: "all requests are redirected in circles", answer: always(mockAnswer{status: 302, header: "Location: /items\r\n"}), want: failed, says: "failed (100 %)"},
	{name: "all requests are redirected, and none follows", user: "  wait = \"100ms\"\n  get \"/items\" {\n    redirects = 0\n    expect { status = 200 }\n  }\n", answer: always(mockAnswer{status: 302, header: "Location: /login\r\n"}), want: failed, says: "failed (100 %)"},
	{name: "all requests are redirected to another host", answer: always(mockAnswer{status: 302, header: "Location: http://192.0.2.1/\r\n"}), want: failed, says: "failed (100 %)"},
	{name: "empty bodies", user: "  wait = \"100ms\"\n  get \"/items\" {\n    expect {\n      condition = length(response.json.items) > 0\n    }\n  }\n", want: failed, says: "failed (100 %)"},
	{name: "empty bodies, and something is captured", user: "  wait = \"100ms\"\n  get \"/items\" { capture = { id = response.json.id } }\n", want: failed, says: "failed (100 %)"},
	{name: "fast failures beside slow successes", slas: "sla \"read\" { p50 = \"100ms\" }\n", answer: func(n int) mockAnswer {
		if n%4 == 0 {
			return mockAnswer{after: 200 * ms}
		}
		return mockAnswer{status: 500, after: 1 * ms}
	}, want: failed, says: "took longer than 100 ms"},

	// The samples keep a limit, but do not prove it.
	{name: "a p99 with confidence and too few samples", profile: "  users = 3\n  duration = \"12s\"\n", slas: "sla \"read\" {\n  p99 = \"500ms\"\n  confidence = \"95%\"\n}\n",
		want: inconclusive, says: "needs 368 samples to be 95 % sure, has 300"},
	{name: "a p95 with confidence, close to the limit", slas: "sla \"read\" {\n  p95 = \"500ms\"\n  confidence = \"95%\"\n}\n", answer: each(21, mockAnswer{after: 600 * ms}),
		want: inconclusive, says: "to be 95 % sure, at most"},
	{name: "a p95 with confidence, broken", slas: "sla \"read\" {\n  p95 = \"500ms\"\n  confidence = \"95%\"\n}\n", answer: each(10, mockAnswer{after: 600 * ms}),
		want: failed, says: "on the limit is broken, 95 % sure"},
	{name: "an error rate with confidence, close to the limit", slas: "sla \"read\" {\n  error_rate = \"1%\"\n  confidence = \"99%\"\n}\n", answer: each(110, mockAnswer{status: 500}),
		want: inconclusive, says: "to be 99 % sure, at most"},
	{name: "an error rate with confidence, a profile's", profile: greenProfile + "  sla \"read\" { confidence = \"95%\" }\n", slas: "sla \"read\" { error_rate = \"1%\" }\n", answer: each(110, mockAnswer{status: 500}),
		want: inconclusive, says: "to be 95 % sure, at most"},
	{name: "no SLA judges the profile", profile: greenProfile + "  slas = []\n", want: inconclusive, says: "no SLA judges this profile"},

	// The load was not the declared one.
	{name: "arrivals are missed", profile: "  rate = \"100/s\"\n  duration = \"1m\"\n  max_users = 1\n", want: inconclusive, says: "were missed, more than 1 %"},
	{name: "the queue is in the client", profile: "  rate = \"150/s\"\n  duration = \"1m\"\n  max_users = 1\n", answer: always(mockAnswer{after: 10 * ms}), want: inconclusive, says: "missed"},
	{name: "users fail to start", user: "  start {\n    post \"/login\" { on_failure = \"user\" }\n  }\n" + greenUser, slas: "sla \"read\" {\n  match { tags = [\"read\"] }\n  error_rate = \"1%\"\n}\n",
		answer: func(n int) mockAnswer {
			if n <= 5 {
				return mockAnswer{status: 401}
			}
			return mockAnswer{}
		}, want: inconclusive, says: "5 of 10 users failed to start"},
	{name: "every user leaves early", user: "  wait = \"100ms\"\n  task \"t\" {\n    get \"/items\" {}\n    leave \"user\" { message = \"enough\" }\n  }\n", profile: "  users = 100\n  duration = \"1m\"\n", want: inconclusive, says: "every user had ended before the planned end"},
	{name: "a failure ends the run", user: "  wait = \"100ms\"\n  get \"/items\" { on_failure = \"run\" }\n", slas: "sla \"read\" { p95 = \"500ms\" }\n", answer: each(500, mockAnswer{status: 500}), want: inconclusive, says: "ended before its planned end"},
	{name: "the data run out", user: "  wait = \"100ms\"\n  get \"/items/:id\" { params = { id = data.rows.id } }\n", more: "data \"inline\" \"rows\" {\n  rows = [for i in range(500) : { id = i }]\n  per = \"iteration\"\n  order = \"unique\"\n  on_exhausted = \"error\"\n}\n",
		want: inconclusive, says: "ended before its planned end"},
	{name: "tasks get stuck", user: "  wait = \"100ms\"\n  task \"t\" {\n    repeat {\n      until = session.done\n      max = 3\n      get \"/items\" { capture = { done = response.status == 202 } }\n    }\n  }\n", want: inconclusive, says: "could not go on"},
	{name: "the setup fails", more: "setup {\n  post \"/orgs\" {}\n}\n", answer: always(mockAnswer{status: 500}), want: inconclusive, says: "the setup failed, so nothing was run"},
	{name: "the floor of throughput is not reached", slas: "sla \"load\" {\n  requests_per_second = { min = 1000 }\n}\n", want: failed, says: "at least 1,000/s is wanted"},

	// The run was not the planned one.
	{name: "interrupted", during: after(30*sec, func(e *engine.Engine, _ func()) { e.Stop() }), want: inconclusive, says: "interrupted"},
	{name: "cut", during: after(30*sec, func(_ *engine.Engine, cancel func()) { cancel() }), want: inconclusive, says: "interrupted"},
	{name: "interrupted before anything began", during: func(e *engine.Engine, _ func()) { e.Stop() }, want: inconclusive, says: "interrupted"},
	{name: "aborted, and recovered while it stopped", slas: "sla \"read\" {\n  p50 = \"500ms\"\n  abort { after = \"5s\" }\n}\n", profile: "  users = 10\n  duration = \"1m\"\n", answer: func(n int) mockAnswer {
		if n <= 500 {
			return mockAnswer{after: 600 * ms}
		}
		return mockAnswer{after: ms}
	}, want: failed, says: "aborted by sla \"read\""},
	{name: "requests are cut off at the stop", profile: greenProfile + "  grace = \"1s\"\n", slas: "sla \"read\" { max = \"1m\" }\n", answer: func(n int) mockAnswer {
		if n > 4000 {
			return mockAnswer{after: 20 * sec}
		}
		return mockAnswer{}
	}, want: inconclusive, says: "cut off would have taken"},
	{name: "a target gets more than its max_rate", user: "  wait = \"1ms\"\n  get \"/items\" { target = target.b }\n", profile: "  users = 100\n  duration = \"1m\"\n",
		more: "target \"b\" {\n  base_url = \"http://127.0.0.1:8\"\n  max_rate = \"100/s\"\n}\n", want: inconclusive, says: "max_rate"},

	// The generator is at fault.
	{name: "saturated", report: starved, want: inconclusive, says: "97 %"},
	{name: "saturated, and too slow", report: starved, answer: always(mockAnswer{after: sec}), want: inconclusive, says: "may itself be the cause"},
	{name: "out of descriptors", answer: each(100, mockAnswer{class: plan.FailLocalFiles}), want: inconclusive, says: "failed on this machine"},
	{name: "out of local ports", slas: "sla \"read\" { p95 = \"500ms\" }\n", answer: each(100, mockAnswer{class: plan.FailLocalPorts}), want: inconclusive, says: "failed on this machine"},
	{name: "the guard refuses every connection", answer: always(mockAnswer{class: plan.FailGuard}), want: inconclusive, says: "guard forbade the connection"},
	{name: "a defect of throng", slas: "sla \"read\" { p95 = \"500ms\" }\n", answer: each(1000, mockAnswer{class: plan.FailInternal}), want: inconclusive, says: "failed on this machine"},
	{name: "the clock goes back", slas: "sla \"read\" { p95 = \"500ms\" }\n", answer: each(100, mockAnswer{back: time.Hour}), want: inconclusive, says: "ended before they began"},

	// The books are wrong. No run makes them so; the outcome of one that
	// passes is harmed, and decided again.
	{name: "samples were dropped", after: func(o *outcome.Outcome) { o.Conditions.Recorded -= 17 }, want: inconclusive, says: "samples were recorded"},
	{name: "a shard was lost", after: func(o *outcome.Outcome) { o.Conditions.Recorded /= 2 }, want: inconclusive, says: "samples were recorded"},
	{name: "a shard was counted twice", after: func(o *outcome.Outcome) { o.Conditions.Recorded *= 2 }, want: inconclusive, says: "samples were recorded"},
	{name: "a request is unaccounted for", after: func(o *outcome.Outcome) { o.Conditions.Books.Intended++ }, want: inconclusive, says: "the books do not balance"},
	{name: "a rule was not judged", after: func(o *outcome.Outcome) { o.Judged = o.Judged[:1] }, want: inconclusive, says: "was not judged"},
	{name: "nothing was judged", after: func(o *outcome.Outcome) { o.Judged = nil }, want: inconclusive, says: "was not judged"},
}
