package compare

import (
	"time"

	"throng/runtime/changes"
	"throng/runtime/record"
	"throng/runtime/results"
)

// FormatVersion is the version of the JSON form. The first number changes
// when a reader of the old form would misread the new one.
const FormatVersion = "1.0"

// Word is what became of a figure.
type Word string

// Words.
const (
	Worse  Word = "worse"
	Better Word = "better"
	Same   Word = "no difference"
	Few    Word = "too few data"
	Not    Word = "not compared" // nothing of the kind is known block by block
)

// Options are what a difference is held against.
type Options struct {
	Relative float64       // a smaller change does not matter; 0: DefaultRelative
	Absolute time.Duration // nor does one of a time that is smaller than this; 0: DefaultAbsolute
}

// Defaults of Options.
const (
	DefaultRelative = 0.05
	DefaultAbsolute = time.Millisecond
	// Confidence is that of the intervals; what remains is the chance of a
	// false "better" or "worse" among all figures of a comparison together.
	Confidence = 0.95
	// leastErrors is the smallest change of an error rate that matters.
	leastErrors = 0.001
)

// Side is one of the two things compared: a run, or repeats of one.
type Side struct {
	Name string
	Runs []*results.Run
}

// Comparison is what two sides differ in. It is also the JSON form.
type Comparison struct {
	FormatVersion string    `json:"format_version"`
	Base          Facts     `json:"base"`
	Now           Facts     `json:"candidate"`
	Word          Word      `json:"word"`
	Says          string    `json:"says"`   // the whole in one sentence
	Doubts        []string  `json:"doubts"` // why a gate cannot rely on it; empty where it can
	Plans         Plans     `json:"plans"`  // whether both did the same
	Paired        bool      `json:"paired"` // both ran for as long, so that blocks were taken in pairs
	Relative      Num       `json:"relevant_change_ratio"`
	Absolute      Num       `json:"relevant_change_ms"`
	Confidence    Num       `json:"confidence_ratio"`
	Tests         int       `json:"tests"`    // how many figures were compared, which the chances are corrected for
	Noise         []Noise   `json:"noise"`    // learned from repeats; empty without any
	Requests      []Request `json:"requests"` // those that were made on a side
	Unmade        []string  `json:"not_made"` // those that were made on none
	SLAs          []SLA     `json:"slas"`
}

// Facts are what a side is made of.
type Facts struct {
	Name string `json:"name"`
	Runs []Run  `json:"runs"`
}

// Run is one run of a side.
type Run struct {
	Dir       string `json:"dir"`
	Scenario  string `json:"scenario"`
	Profile   string `json:"profile"`
	Started   string `json:"started_at"`
	Measured  Num    `json:"measured_s"`
	Requests  int64  `json:"requests"`
	Verdict   string `json:"verdict"`
	Broken    string `json:"broken"`
	Saturated bool   `json:"generator_saturated"`
}

// Plans say whether both sides were to do the same.
type Plans struct {
	Known   bool             `json:"known"`
	Same    bool             `json:"same"`
	Reason  string           `json:"reason"`  // in words, where they are not the same or not known
	Changes *changes.Changes `json:"changes"` // null where nothing is known to have changed
}

// Noise is by how much a figure differs between repeats of the same.
type Noise struct {
	Figure  string `json:"figure"`
	Between Num    `json:"standard_deviation_ratio"` // of the logarithm; of an error rate absolute
	Repeats int    `json:"repeats"`
}

// Request is a request on both sides.
type Request struct {
	Request string   `json:"request"`
	OnlyIn  string   `json:"only_in"` // "base" or "candidate"; "" where both have it
	Word    Word     `json:"word"`    // the worst of its figures
	Figures []Change `json:"figures"`
	// Slower is the chance that an answer of the candidate took longer than
	// one of the base, ties counted half: 0.5 where both are alike (Vargha and
	// Delaney's A, 2000). Null without answers on both sides.
	Slower *Num `json:"slower_probability"`

	base, now *record.Stats
}

// Change is one figure on both sides.
type Change struct {
	Figure string `json:"figure"` // p50, p95, p99, mean, error_rate, throughput
	Unit   string `json:"unit"`   // ms, ratio or per_s
	Base   *Num   `json:"base"`
	Now    *Num   `json:"candidate"`
	// Change is the candidate's part more than the base's, of an error rate
	// the difference. Low and High are what it lies between with the
	// comparison's confidence, taken by itself.
	Change   *Num   `json:"change_ratio"`
	Low      *Num   `json:"change_low_ratio"`
	High     *Num   `json:"change_high_ratio"`
	Effect   *Num   `json:"effect"`   // the change in standard errors
	Chance   *Num   `json:"p"`        // of such a change, or a greater one, where nothing changed
	Adjusted *Num   `json:"p_holm"`   // the same with all figures of the comparison considered
	Bounded  bool   `json:"at_least"` // timeouts: the candidate's true value is at least that
	Word     Word   `json:"word"`
	Reason   string `json:"reason"` // why it is too few, or no change in spite of its size

	has, needs int64 // samples, where they are too few
}

// SLA is a rule of both sides.
type SLA struct {
	SLA     string `json:"sla"`
	Rule    string `json:"rule"`
	Request string `json:"request"` // "" for several together
	Limit   Num    `json:"limit"`   // of the candidate
	Unit    string `json:"unit"`
	Was     string `json:"base_state"`      // the worst of the side's runs: pass, fail, …; "" where it has no such rule
	Is      string `json:"candidate_state"` // likewise
	Change  Change `json:"change"`
}
