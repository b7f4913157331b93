package report

import (
	"time"

	"throng/runtime/report/text"
)

// FormatVersion is the version of the JSON form. The first number changes
// when a reader of the old form would misread the new one.
const FormatVersion = "1.0"

// Report is a finished run. It is also the JSON form, documented in
// summary.schema.json; fields named _ms are milliseconds, _ratio shares of
// one, _per_s counts a second.
type Report struct {
	FormatVersion string        `json:"format_version"`
	Tool          Tool          `json:"tool"`
	Verdict       Verdict       `json:"verdict"`
	Run           Run           `json:"run"`
	Plan          PlanFacts     `json:"plan"`
	SLAs          []SLA         `json:"slas"`            // worst first
	Unjudged      []string      `json:"slas_not_judged"` // declared, but not for this profile
	Total         Figures       `json:"total"`           // all requests
	Requests      []Request     `json:"requests"`        // worst first
	Groups        []Request     `json:"groups"`          // transactions; in no other figure
	Metrics       []Metric      `json:"metrics"`         // what requests recorded, worst first; in no other figure
	Series        []Series      `json:"series"`          // in plan order
	Classes       []Class       `json:"classes"`         // in plan order
	Loads         []LoadFigures `json:"loads"`           // in the order of plan.loads
	Mix           []Share       `json:"mix"`
	Errors        []Error       `json:"errors"` // most frequent first
	Abandoned     []Abandoned   `json:"abandoned"`
	Leaves        []Leave       `json:"leaves"`   // who left early, as the scenario says
	Setup         *Once         `json:"setup"`    // null without one
	Teardown      *Once         `json:"teardown"` // null without one
	Books         Books         `json:"books"`
	Generator     Generator     `json:"generator"`
	Stalls        []Stalls      `json:"stalls"` // closed model: requests not made meanwhile, by class
	Warmup        Warmup        `json:"warmup"`
	Notes         []string      `json:"notes"`
	Files         []string      `json:"files"`
	Again         string        `json:"again"` // the command that runs this again
}

// Tool is the program that ran it.
type Tool struct {
	Name    string `json:"name"`
	Version string `json:"version"`
}

// Site is a place in the scenario's source.
type Site struct {
	File string `json:"file"`
	Line int    `json:"line"`
}

// Verdict is the answer the run ended with. The counts are of SLA lines.
type Verdict struct {
	State        text.State `json:"state"` // fail, inconclusive or pass
	ExitCode     int        `json:"exit_code"`
	Reasons      []string   `json:"reasons"`
	Beside       []string   `json:"reasons_beside_slas"` // those of the reasons that belong to no rule
	Failed       int        `json:"slas_failed"`
	Inconclusive int        `json:"slas_inconclusive"`
	Warned       int        `json:"slas_warned"`
	Passed       int        `json:"slas_passed"`
}

// Run says what happened, and when.
type Run struct {
	ID          string    `json:"id"`
	Started     time.Time `json:"started_at"` // UTC
	Elapsed     Ms        `json:"elapsed_ms"`
	Measured    Ms        `json:"measured_ms"` // what rates are reckoned over
	PeakUsers   int       `json:"peak_users"`
	Interrupted bool      `json:"interrupted"`
	Cut         bool      `json:"cut"`        // requests under way were dropped
	Aborted     string    `json:"aborted_by"` // the SLA that ended it early
	Incomplete  string    `json:"incomplete"` // why it ended before its planned end, otherwise
}

// PlanFacts is what was to be run.
type PlanFacts struct {
	Scenario    string     `json:"scenario"`
	Description string     `json:"description"`
	Dir         string     `json:"dir"`
	Profile     string     `json:"profile"`
	Model       string     `json:"model"` // closed, open or mixed
	Seed        string     `json:"seed"`  // decimal; a string, as it may exceed 2^53
	Duration    Ms         `json:"duration_ms"`
	Grace       Ms         `json:"grace_ms"`
	Warmup      Ms         `json:"warmup_ms"`
	Iterations  int64      `json:"iterations"`
	Targets     []Target   `json:"targets"`
	Variables   []Variable `json:"variables"`
	Data        []DataFile `json:"data"`
	Loads       []Load     `json:"loads"`
	Fallbacks   []Fallback `json:"fallbacks"`
}

// Target is a system under test.
type Target struct {
	Name string `json:"name"`
	URL  string `json:"url"`
}

// Variable is an input of the scenario; a sensitive one has no value.
type Variable struct {
	Name      string `json:"name"`
	Value     string `json:"value"`
	Sensitive bool   `json:"sensitive"`
	Origin    string `json:"origin"`
}

// DataFile is a table of rows the users read.
type DataFile struct {
	Name   string `json:"name"`
	File   string `json:"file"`
	SHA256 string `json:"sha256"`
	Rows   int    `json:"rows"`
}

// Load is one schedule. It begins after its delay, or that long after the
// loads it follows have ended.
type Load struct {
	Name     string   `json:"name"` // of the class it is for; "" for the load the classes share
	Model    string   `json:"model"`
	Classes  []string `json:"classes"`
	MaxUsers int      `json:"max_users"`
	Pooled   bool     `json:"max_users_shared"` // with all other loads that say so
	Spacing  string   `json:"spacing"`          // even or poisson; "" in the closed model
	Arrival  string   `json:"arrival"`          // what an arrival brings: iteration or user; "" in the closed model
	After    []string `json:"after"`            // names of the loads it follows
	Delay    Ms       `json:"delay_ms"`
	Duration Ms       `json:"duration_ms"` // 0: until the end of the profile
	Begin    *Ms      `json:"begin_ms"`    // planned, from the first user; null where it is known only then
	End      *Ms      `json:"end_ms"`      // likewise

	Iterations        int64   `json:"iterations"`          // a bound; 0 for none
	IterationsPerUser int64   `json:"iterations_per_user"` // a bound; 0 for none
	Stages            []Stage `json:"stages"`
}

// Stage is a piece of a schedule; its level counts users, or arrivals a
// second in the open model.
type Stage struct {
	Name  string `json:"name"`
	Level Num    `json:"level"`
	Over  Ms     `json:"over_ms"`
	Hold  Ms     `json:"hold_ms"`
}

// Fallback is an expression evaluated the slow way.
type Fallback struct {
	Site   *Site  `json:"site"`
	Reason string `json:"reason"`
}

// SLA is one rule of one SLA. Where it is judged for several sets of
// requests, its state and figures are those of the worst one.
type SLA struct {
	Name       string      `json:"name"`
	Match      string      `json:"match"`
	Rule       string      `json:"rule"`
	Metric     string      `json:"metric"`  // percentile, mean, max, error_rate, throughput or counter
	Measure    string      `json:"measure"` // which times a percentile, mean or max is of: "response", "connect", …
	Quantile   *Num        `json:"quantile_ratio"`
	Warning    bool        `json:"warning"` // it never decides the verdict
	Metrics    bool        `json:"about_metrics"`
	Stages     []StageTime `json:"stages"` // it judges what began in them; empty for the whole run
	Window     *Window     `json:"window"` // null where it judges the run as a whole only
	Unit       string      `json:"unit"`   // of measured and limit: ms, ratio or per_s; of metrics ms, number, bytes or ratio
	Limit      Num         `json:"limit"`
	Confidence *Num        `json:"confidence_ratio"` // how sure it must be; null where the samples themselves are judged
	Floor      bool        `json:"limit_is_floor"`
	Profile    string      `json:"limit_of_profile"` // whose own limit it is; "" for one of every profile
	Otherwise  *Num        `json:"limit_otherwise"`  // what it would be in other profiles; null where they have none of their own
	Site       *Site       `json:"site"`
	Everywhere bool        `json:"-"` // every request is judged by it, together or by itself
	Judged                 // the worst of All
	All        []Judged    `json:"judged"`
}

// Judged is one judgement.
type Judged struct {
	Request  string     `json:"request"` // "" for all of the match together
	State    text.State `json:"state"`
	Measured *Num       `json:"measured"`
	Censored bool       `json:"measured_is_lower_bound"`
	Ratio    *Num       `json:"measured_per_limit_ratio"`
	Samples  int64      `json:"samples"`
	Needed   int64      `json:"samples_needed"`
	Over     int64      `json:"samples_over"`
	Interval *Interval  `json:"interval_95"` // of a percentile; null for other figures and without samples
	Windows  *Windows   `json:"windows"`     // null where the SLA has no window
	Reason   string     `json:"reason"`
}

// Interval is where a percentile lies with a confidence of 95 %, in the unit
// of its rule. A null end is open: so few samples, or so many timeouts, that
// nothing is known on that side.
type Interval struct {
	Low  *Num `json:"low"`
	High *Num `json:"high"`
}

// Figures are what was measured of some requests. Latency is of successes
// and timeouts; other failures are counted only.
type Figures struct {
	Samples   int64         `json:"samples"`
	OK        int64         `json:"ok"`
	Failed    int64         `json:"failed"`
	TimedOut  int64         `json:"timed_out"` // part of failed
	Retried   int64         `json:"retried"`   // part of failed: followed by another attempt
	Rate      Num           `json:"rate_per_s"`
	ErrorRate Num           `json:"error_rate_ratio"`
	BytesIn   int64         `json:"bytes_in"`
	BytesOut  int64         `json:"bytes_out"`
	Decoded   int64         `json:"bytes_decoded"` // of answers that were decoded because something read them
	Statuses  []StatusCount `json:"statuses"`
	Failures  []ClassCount  `json:"failures"`
	Latency   Latency       `json:"latency"`
	Service   *Latency      `json:"service"` // from the actual start; open model only
	Phases    *Phases       `json:"phases"`
}

// StatusCount counts the answers with one status.
type StatusCount struct {
	Status int   `json:"status"`
	Count  int64 `json:"count"`
}

// ClassCount counts the failures of one class.
type ClassCount struct {
	Class string `json:"class"`
	Count int64  `json:"count"`
}

// Latency is a distribution of times. Null means nothing was measured.
type Latency struct {
	Min  *Ms `json:"min_ms"`
	Mean *Ms `json:"mean_ms"`
	P50  *Ms `json:"p50_ms"`
	P90  *Ms `json:"p90_ms"`
	P95  *Ms `json:"p95_ms"`
	P99  *Ms `json:"p99_ms"`
	P999 *Ms `json:"p999_ms"`
	Max  *Ms `json:"max_ms"`

	// Bounded names the figures above that timeouts reach: the true value
	// is at least the one given. TooFew names the percentiles that so few
	// samples cannot prove.
	Bounded []string `json:"lower_bounds"`
	TooFew  []string `json:"too_few_samples"`
}

// Phases are the mean lengths of an exchange's parts, and how many
// connections were opened.
type Phases struct {
	DNS         Ms    `json:"dns_mean_ms"`
	Connect     Ms    `json:"connect_mean_ms"`
	TLS         Ms    `json:"tls_mean_ms"`
	Wait        Ms    `json:"wait_mean_ms"`
	Body        Ms    `json:"body_mean_ms"`
	Connections int64 `json:"new_connections"`
}

// Request is a target's method and route, or a group.
type Request struct {
	Name   string     `json:"name"`
	Method string     `json:"method"`
	Route  string     `json:"route"`
	Target string     `json:"target"`
	State  text.State `json:"state"`
	Worst  *Num       `json:"worst_measured_per_limit_ratio"`
	Site   *Site      `json:"site"`
	Index  int        `json:"-"` // its row in the plan
	Figures
	Measures []Measured `json:"measures"` // other times than the response time; those that were kept
	Messages *Messages  `json:"messages"` // of a socket or stream; null where nothing was counted
}

// Metric is a metric of the scenario's own. A null figure means that nothing
// was recorded.
type Metric struct {
	Name    string     `json:"name"`
	Unit    string     `json:"unit"` // of the figures: number, ms, bytes or ratio
	State   text.State `json:"state"`
	Worst   *Num       `json:"worst_measured_per_limit_ratio"`
	Site    *Site      `json:"site"`
	Samples int64      `json:"samples"`
	Min     *Num       `json:"min"`
	Mean    *Num       `json:"mean"`
	P50     *Num       `json:"p50"`
	P90     *Num       `json:"p90"`
	P95     *Num       `json:"p95"`
	P99     *Num       `json:"p99"`
	Max     *Num       `json:"max"`
	TooFew  []string   `json:"too_few_samples"` // percentiles that so few samples cannot prove
}

// Series is a request or group of one task of one user class.
type Series struct {
	Kind    string   `json:"kind"` // request or group
	Request string   `json:"request"`
	Class   string   `json:"class"`
	Task    string   `json:"task"`
	Groups  []string `json:"groups"`
	Tags    []string `json:"tags"`
	Site    *Site    `json:"site"`
	Figures
}

// Class is what the users of a class did.
type Class struct {
	Name        string `json:"name"`
	Weight      Num    `json:"weight"`
	FixedCount  int    `json:"fixed_count"`
	Users       int64  `json:"users"`
	Starts      int64  `json:"starts"` // of users; as many as iterations where each has a fresh user
	StartFailed int64  `json:"start_failed"`
	Tasks       []Task `json:"tasks"`
	Figures
}

// Task is how often a task was begun and how it ended.
type Task struct {
	Name      string `json:"name"`
	Weight    Num    `json:"weight"`
	Begun     int64  `json:"begun"`
	Completed int64  `json:"completed"`
	Abandoned int64  `json:"abandoned"`
	Failed    int64  `json:"failed"`
}

// Share is a part of the mix: a class among the classes of its load, or a
// task among those of its class. Ratios are null where nothing can be said.
type Share struct {
	Class    string `json:"class"`
	Task     string `json:"task"`    // "" for the class itself
	Counted  string `json:"counted"` // what count is of: users or tasks
	Fixed    bool   `json:"fixed"`   // a number of users, beside the shares
	Declared *Num   `json:"declared_ratio"`
	Achieved *Num   `json:"achieved_ratio"`
	Count    int64  `json:"count"`
}

// Error is one kind of failure: the same request, class, status and detail.
type Error struct {
	Request   string  `json:"request"`
	UserClass string  `json:"user_class"` // of the example
	Task      string  `json:"task"`       // of the example
	Class     string  `json:"class"`
	Status    int     `json:"status"`
	Count     int64   `json:"count"`
	First     Ms      `json:"first_ms"` // on the run's clock
	Last      Ms      `json:"last_ms"`
	Detail    string  `json:"detail"`
	Site      *Site   `json:"site"`
	Example   Example `json:"example"`
}

// Example is the first failure of its kind, secrets masked, cut short.
type Example struct {
	Sent   string `json:"sent"`
	Answer string `json:"answer"`
}

// Abandoned counts the tasks that ended because a session value was missing.
type Abandoned struct {
	Class string `json:"class"`
	Value string `json:"value"`
	Site  *Site  `json:"site"`
	Count int64  `json:"count"`
}

// Books is the account of every request that was meant to happen.
type Books struct {
	Intended  int64 `json:"intended"`
	Succeeded int64 `json:"succeeded"`
	Failed    int64 `json:"failed"`
	Missed    int64 `json:"missed"`
	InFlight  int64 `json:"in_flight"`
	Balance   int64 `json:"balance"` // 0 when in order
	Recorded  int64 `json:"recorded"`
	Lost      int64 `json:"lost"` // finished but not recorded
}

// Generator is the state of the machine that made the load.
type Generator struct {
	OK            bool     `json:"ok"`
	CPU           Num      `json:"cpu_ratio"`
	CPUPeak       Num      `json:"cpu_peak_ratio"`
	Cores         int      `json:"cores"`
	StartLagP50   Ms       `json:"start_lag_p50_ms"`
	StartLagP99   Ms       `json:"start_lag_p99_ms"`
	StartLagMax   Ms       `json:"start_lag_max_ms"`
	TickLagP99    Ms       `json:"tick_lag_p99_ms"`
	SchedP99      Ms       `json:"scheduler_latency_p99_ms"`
	GCPauseMax    Ms       `json:"gc_pause_max_ms"`
	GCPauseTotal  Ms       `json:"gc_pause_total_ms"`
	MemoryPeak    int64    `json:"memory_peak_bytes"`
	Goroutines    int      `json:"goroutines_peak"`
	LocalFailures int64    `json:"local_failures"`
	Clamped       int64    `json:"clamped_samples"`
	Saturated     []string `json:"saturated"`
	Network       *Network `json:"network"` // null where the system does not tell
}

// Network is what went on between this machine and the network during the
// run: of all that ran on it, so it explains and does not judge.
type Network struct {
	SegmentsOut   int64 `json:"segments_out"`
	Retransmitted int64 `json:"segments_retransmitted"`
	ListenDrops   int64 `json:"listen_drops"`   // connections refused by a full queue of a server on this machine
	BufferPressed int64 `json:"buffer_pressed"` // times received data was dropped or squeezed
}

// Warmup is what was left out of all other figures.
type Warmup struct {
	Length  Ms    `json:"length_ms"`
	Samples int64 `json:"samples"`
	Failed  int64 `json:"failed"`
}
