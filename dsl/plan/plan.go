package plan

// Plan is one scenario compiled for one profile. It is immutable.
type Plan struct {
	Scenario    string // the scenario's name
	Description string
	Dir         string // as the user named the scenario
	File        string // the plan file it was made from; "" when made from the scenario itself
	Tool        string // version of throng that compiled it
	Seed        uint64
	Overrides   []string // command-line flags that changed the scenario: "--users", "20", …

	Variables []Variable // sorted by name
	Targets   []Target
	Data      []Data
	Series    []Series
	Rows      []Row
	Classes   []Class
	Once      *Once // setup and teardown; nil without
	Profile   Profile
	SLAs      []SLA
	Unjudged  []string // names of the declared SLAs that do not judge this profile, in the scenario's order

	Setup []Value // what setup left, by its class's slots; nil before

	Sites     []Site // Sites[0] is the empty site
	Fallbacks []Fallback
	Secrets   []string // texts to mask in anything that is shown or written
}

// Site is the place id stands for.
func (p *Plan) Site(id SiteID) Site { return p.Sites[id] }

// Variable is an input of the scenario, as `plan` shows it.
type Variable struct {
	Name      string
	Value     string // as HCL writes it; empty when Sensitive
	Given     string // as it was typed after --var; empty when Sensitive, or not given so
	Sensitive bool
	Origin    string // "default", "THRONG_VAR_x", a file's name, "--var"
}

// Fallback is an expression that could not be lowered and is evaluated by
// HCL, at ten to a hundred times the cost.
type Fallback struct {
	Site   SiteID
	Reason string
	Text   string // the expression as written, and the settled values it reads
}

// Target is a system under test.
type Target struct {
	Name     string
	Site     SiteID
	Scheme   string // "http" or "https"
	Host     string // host name or address, without brackets
	Port     int
	BasePath string // "" or "/prefix", without a slash at its end
	Example  string // name of the embedded example API that stands for it; "" for a real one
	Guard    Guard
	HTTP     HTTP
	TLS      *TLS // nil: the defaults
}

// Authority is the target's host and port as a Host header has them: without
// the scheme's own port.
func (t *Target) Authority() string { return authority(t.Scheme, t.Host, t.Port) }

// URL is the target's base address.
func (t *Target) URL() string {
	if t.Example != "" {
		return "example://" + t.Example + t.BasePath
	}
	return t.Scheme + "://" + t.Authority() + t.BasePath
}

// SeriesKind is what a series measures.
type SeriesKind uint8

// Kinds of series.
const (
	RequestSeries SeriesKind = iota
	GroupSeries
	MetricSeries // values that record writes; its row says the unit
)

// Series is the finest thing that is measured: one request or group of one
// task of one user class. Several series can share a Row.
type Series struct {
	Kind   SeriesKind
	Row    int
	Class  int
	Task   string // path of the task in its class; "start" and "stop" for those
	Groups []string
	Tags   []string // sorted
	Site   SiteID
}

// Row is what a report's table has a line for: a target's method and name.
type Row struct {
	Kind    SeriesKind
	Target  int
	Method  string // "" for a group
	Name    string // route pattern, the name given instead, or the name of a group or metric
	Pattern string
	Unit    Unit   // of a metric's values; UnitNone for other rows
	Site    SiteID // where it is first declared
}

// Unit is what the values of a metric count.
type Unit uint8

// Units of metrics, and what one is recorded as.
const (
	UnitNone    Unit = iota // of what is no metric
	UnitNumber              // a plain number
	UnitSeconds             // a time; recorded in nanoseconds
	UnitBytes
	UnitRatio // a share of one
)

var unitNames = [...]string{"none", "number", "s", "B", "ratio"}

func (u Unit) String() string { return unitNames[u] }

// Label is how a row is shown: "GET /health", or a group's or metric's name.
func (r Row) Label() string {
	if r.Method == "" {
		return r.Name
	}
	return r.Method + " " + r.Name
}

// Class is a kind of user.
type Class struct {
	Name       string
	Family     string // its name without the key of a for_each
	Site       SiteID
	Weight     float64
	FixedCount int // users beside the weighted ones; 0 for weighted classes
	Pick       Pick
	Slots      []string // names of the session values
	Secret     []bool   // by slot: the value authenticates and is shown nowhere; nil for none
	Initial    []SlotInit
	Lifetime   Lifetime
	Start      []Step
	Stop       []Step
	Tasks      []Task
	Sockets    int   // how many sockets its steps open; their Numbers lie below
	Reads      []int // data sources its expressions read; nil when unknown, which counts as all
}

// SlotInit is the first value of a session value.
type SlotInit struct {
	Slot  int
	Value Expr
}

// Lifetime is how long a user stays the same.
type Lifetime uint8

// Lifetimes of users.
const (
	LifetimeRun       Lifetime = iota
	LifetimeIteration          // a fresh user for every task: start and stop, cookies, session, connection, rows
)

// Pick is how a user chooses its next task.
type Pick uint8

// Ways to choose among weighted tasks.
const (
	PickEven   Pick = iota // a low-discrepancy sequence: the declared mix, met exactly
	PickRandom             // independent draws
)

// Task is an entry of a user's traffic table. It holds Steps; or tasks of its
// own that run in order (Sequence); or a set of tasks of its own, of which
// Iterations are picked (Set).
type Task struct {
	Name     string
	Site     SiteID
	Weight   float64
	Wait     Wait // what follows it: the task's own, else its class's
	Steps    []Step
	Sequence []Task
	Set      *TaskSet
}

// TaskSet is a set of tasks a user stays inside: it picks one after another,
// each followed by its wait, until the iterations are done or one of them
// says leave "task".
type TaskSet struct {
	Tasks      []Task
	Iterations Expr // how many picks, drawn when the set begins; nil: until it is left
	// Next are the weights of the pick that follows each task, by task; nil
	// where the tasks' own weights hold.
	Next [][]float64
}

// Picks reports whether a task of the set is ever picked: first, or after
// another one.
func (s *TaskSet) Picks(i int) bool {
	if s.Tasks[i].Weight > 0 {
		return true
	}
	for _, row := range s.Next {
		if row != nil && row[i] > 0 {
			return true
		}
	}
	return false
}

// Children are the tasks within a task, of a sequence or a set.
func (t *Task) Children() []Task {
	if t.Set != nil {
		return t.Set.Tasks
	}
	return t.Sequence
}

// WaitKind is how the pause after a task is reckoned.
type WaitKind uint8

// Kinds of waits.
const (
	WaitNone       WaitKind = iota
	WaitFor                 // a number of seconds, drawn each time
	WaitPacing              // a task starts every so many seconds
	WaitThroughput          // a task starts so many times a second
)

// Wait is the pause after a task. For is in seconds, in tasks a second with
// WaitThroughput.
type Wait struct {
	Kind WaitKind
	For  Expr
	Text string // as the author wrote it
}
