package forecast

import (
	"time"

	"throng/runtime/report"
)

// FormatVersion is the version of the JSON form. The first number changes
// when a reader of the old form would misread the new one.
const FormatVersion = "1.0"

// Assumed is how long an answer is assumed to take.
const Assumed = 100 * time.Millisecond

// Forecast is what a plan will do. It is also the JSON form: fields named _ms
// are milliseconds, _ratio shares of one, _per_s counts a second. Figures
// named expected_ hold if an answer takes assumed_answer_ms, figures named
// most_ if it takes no time; a most_ of null has no bound.
type Forecast struct {
	FormatVersion      string            `json:"format_version"`
	Tool               report.Tool       `json:"tool"`
	Scenario           string            `json:"scenario"`
	Description        string            `json:"description"`
	Dir                string            `json:"dir"`
	Profile            string            `json:"profile"`
	ProfileDescription string            `json:"profile_description"`
	Model              string            `json:"model"` // closed, open or mixed
	Seed               string            `json:"seed"`  // decimal; a string, as it may exceed 2^53
	Duration           report.Ms         `json:"duration_ms"`
	Floats             bool              `json:"duration_is_about"` // the run ends with its last load, of which some follow others or end with their iterations
	Ends               report.Ms         `json:"expected_end_ms"`   // before duration_ms where iterations are used up first
	Grace              report.Ms         `json:"grace_ms"`
	Warmup             report.Ms         `json:"warmup_ms"`
	Iterations         int64             `json:"iterations"` // a bound; 0 for none
	Targets            []Target          `json:"targets"`
	Variables          []report.Variable `json:"variables"`
	Data               []Data            `json:"data"`
	Loads              []report.Load     `json:"loads"`
	Curves             []Curve           `json:"curves"`
	PeakUsers          int64             `json:"peak_users"`          // of closed loads and fixed counts
	PeakArrivals       report.Num        `json:"peak_arrivals_per_s"` // of open loads
	Arrivals           int64             `json:"arrivals"`            // of open loads, exactly
	Assumed            report.Ms         `json:"assumed_answer_ms"`
	Classes            []Class           `json:"classes"`  // in plan order
	Total              Traffic           `json:"total"`    // all requests
	Requests           []Request         `json:"requests"` // in plan order
	Groups             []Request         `json:"groups"`   // transactions; in no other figure
	Metrics            []Request         `json:"metrics"`  // of the scenario's own, as often as their requests are sent; in no other figure
	Sockets            []Socket          `json:"sockets"`
	PeakSockets        int64             `json:"peak_sockets"` // open at one time at most, if every user is where it has most of them
	SLAs               []SLA             `json:"slas"`
	Unjudged           []string          `json:"slas_not_judged"`    // declared, but not for this profile
	Uncovered          []string          `json:"uncovered_requests"` // that are sent, and that no SLA covers
	Surprises          []Surprise        `json:"surprises"`          // most important first
	Run                string            `json:"run"`                // the command that does it
}

// Target is a system under test.
type Target struct {
	Name    string `json:"name"`
	URL     string `json:"url"`
	Host    string `json:"host"`             // host and port; "" for an embedded example
	Example string `json:"embedded_example"` // the example API that stands for it; "" for a real one

	// Settings are what its http and tls blocks say beside the defaults.
	Settings []Setting `json:"settings"`
}

// Setting is something that is not as by default, such as "http version".
type Setting struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// Data is a table of rows the users read.
type Data struct {
	Name    string       `json:"name"`
	File    string       `json:"file"`
	SHA256  string       `json:"sha256"`
	Rows    int          `json:"rows"`      // 0 while they are not known
	Endless bool         `json:"endless"`   // generated without end
	From    string       `json:"rows_from"` // file, inline, generated, or setup, after which they are known
	Order   string       `json:"order"`
	Per     string       `json:"per"`
	Then    string       `json:"on_exhausted"`
	Classes []string     `json:"classes"`     // whose users read it
	Needed  report.Num   `json:"rows_needed"` // that differ, at most; what depends on answers as expected_
	Short   bool         `json:"rows_short"`  // rows come again, or run out
	Site    *report.Site `json:"site"`
}

// Curve is the load over time: straight lines between its points. Two points
// at one time are a jump.
type Curve struct {
	Unit   string  `json:"unit"` // users, or arrivals_per_s
	Points []Point `json:"points"`
}

// Point is the load at a time.
type Point struct {
	At    report.Ms  `json:"at_ms"`
	Level report.Num `json:"level"`
}

// Traffic is how much is sent.
type Traffic struct {
	Expected     report.Num  `json:"expected_requests"`
	Most         *report.Num `json:"most_requests"`
	PeakExpected report.Num  `json:"expected_peak_per_s"` // without start and stop
	PeakMost     *report.Num `json:"most_peak_per_s"`
}

// Class is a kind of user.
type Class struct {
	Name    string     `json:"name"`
	Weight  report.Num `json:"weight"`
	Fixed   int        `json:"fixed_count"`
	Off     bool       `json:"off"`         // by its weight of 0
	Life    string     `json:"lifetime"`    // of its users: "run" or "iteration"
	Share   report.Num `json:"share_ratio"` // among the weighted classes of its load
	Users   int64      `json:"peak_users"`  // exactly; in the open model how many are expected to be made
	Started int64      `json:"started_users"`
	Wait    Wait       `json:"wait"`

	// Iterations are tasks begun, a sequence counting once.
	Iterations     report.Num  `json:"expected_iterations"`
	MostIterations *report.Num `json:"most_iterations"`
	PerIteration   report.Num  `json:"requests_per_iteration"`

	Traffic
	Extra       report.Num   `json:"expected_start_stop_requests"` // of these
	Start       []Step       `json:"start"`
	Stop        []Step       `json:"stop"`
	Tasks       []Task       `json:"tasks"`
	TotalWeight report.Num   `json:"tasks_total_weight"`
	Site        *report.Site `json:"site"`
}

// Wait is the pause after a task.
type Wait struct {
	Law     string    `json:"law"`     // none, for, pacing, throughput, or mixed where tasks differ
	Text    string    `json:"text"`    // as written
	Mean    report.Ms `json:"mean_ms"` // of pacing and throughput: between starts of tasks
	Ignored bool      `json:"ignored"` // an open load does not use it
	Unknown string    `json:"unknown"` // why it cannot be told before the run, and counts as 0; "" when it can
}

// Follow is a row of a Markov chain: what follows a task of a set.
type Follow struct {
	After string  `json:"after"`
	Tasks []Share `json:"tasks"`
}

// Share is a task's part in what follows another one.
type Share struct {
	Task  string     `json:"task"`
	Share report.Num `json:"share_ratio"`
}

// Task is an entry of a class's traffic table, or of a sequence.
type Task struct {
	Name       string       `json:"name"`
	Weight     report.Num   `json:"weight"`
	Off        bool         `json:"off"`
	Share      report.Num   `json:"share_ratio"`
	Requests   int          `json:"requests"` // each time, on average where that differs
	Pauses     report.Ms    `json:"pauses_mean_ms"`
	Wait       Wait         `json:"wait"`
	Iterations report.Num   `json:"expected_iterations"`
	Steps      []Step       `json:"steps"`
	Sequence   []Task       `json:"sequence"` // the tasks within it
	Set        bool         `json:"set"`      // it picks among these, by their shares
	Picks      report.Num   `json:"picks_mean"`
	Next       []Follow     `json:"next"` // of a set: what follows what, where it is said
	Site       *report.Site `json:"site"`
}

// Step is one thing a user does. What holds steps is followed by them, one
// deeper.
type Step struct {
	Kind  string    `json:"kind"` // request, group, pause, set, when, else, repeat, loop, choose, branch, parallel, retry, call, leave, websocket, on_message, every, send, receive or close
	Name  string    `json:"name"`
	Pause report.Ms `json:"pause_mean_ms"`
	Depth int       `json:"depth"`
}

// Request is a target's method and route, a group, or a metric.
type Request struct {
	Name   string     `json:"name"`
	Target string     `json:"target"`
	Off    bool       `json:"off"`         // nobody sends it: a class or task is off
	Share  report.Num `json:"share_ratio"` // of all expected requests
	Traffic
	Measured report.Num   `json:"expected_measured"` // after the warm-up
	SLAs     []string     `json:"slas"`
	Partly   bool         `json:"partly_covered"` // by some classes or tasks only
	Site     *report.Site `json:"site"`
}

// Socket is a WebSocket that the users of a class open. Its handshake and its
// messages are among the requests.
type Socket struct {
	Name     string       `json:"name"` // of the handshake's row: "WS push"
	Target   string       `json:"target"`
	User     string       `json:"user"`
	Open     int64        `json:"most_open"`                // at one time: one for each user of the class at the peak
	Sent     report.Num   `json:"expected_sent_peak_per_s"` // messages, without start and stop
	Handlers int          `json:"handlers"`
	Beats    int          `json:"beats"`
	Site     *report.Site `json:"site"`
}

// SLA is a promise and what it will rest on.
type SLA struct {
	Name       string             `json:"name"`
	Match      string             `json:"match"`
	Each       bool               `json:"judged_each"`   // every request by itself
	Metrics    bool               `json:"about_metrics"` // then Requests are their names
	Requests   []string           `json:"requests"`
	Rules      []Rule             `json:"rules"`
	Stages     []report.StageTime `json:"stages"` // it judges what begins in them; empty for the whole run
	Window     *report.Window     `json:"window"` // null where it judges the run as a whole only
	Windows    int64              `json:"expected_windows"`
	Abort      *report.Ms         `json:"abort_after_ms"`
	AbortGrace *report.Ms         `json:"abort_grace_ms"` // how long it must have been broken
	Site       *report.Site       `json:"site"`
}

// Rule is one limit.
type Rule struct {
	Name         string       `json:"name"`
	Words        string       `json:"words"`            // "p95 ≤ 500 ms"
	Profile      string       `json:"limit_of_profile"` // whose own limit it is; "" for one of every profile
	Otherwise    string       `json:"limit_otherwise"`  // what it is in other profiles, in words; "" where they have none of their own
	Warning      bool         `json:"warning"`
	Needed       int64        `json:"samples_needed"`
	Fewest       report.Num   `json:"expected_samples_fewest"` // of what is judged by itself
	Highest      report.Num   `json:"expected_samples_most"`
	Unknown      bool         `json:"expected_samples_unknown"` // of counters, connections and pings: the figures that expect some are 0
	Short        int          `json:"expected_short"`           // how many of Judged get fewer than needed
	Judged       int          `json:"judged"`
	WindowFewest *report.Num  `json:"expected_window_samples_fewest"` // in the poorest window; null without windows
	WindowShort  report.Num   `json:"expected_windows_short_ratio"`   // part of the windows that get fewer than needed
	Site         *report.Site `json:"site"`
}

// Surprise is something a careful reader would want to know before the run.
type Surprise struct {
	Kind    string       `json:"kind"`
	Warning bool         `json:"warning"` // else a note
	Text    string       `json:"text"`
	Detail  []string     `json:"detail"` // what it is about, in full
	Site    *report.Site `json:"site"`
}
