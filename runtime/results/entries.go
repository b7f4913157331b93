package results

import (
	"cmp"
	"encoding/json"
	"maps"
	"slices"
	"time"

	"throng/dsl/plan"
	"throng/runtime/health"
	"throng/runtime/outcome"
	"throng/runtime/record"
	"throng/runtime/sla"
)

// Format is the version of the journal's format, and the only one that is
// read. docs/journal.md describes it.
const Format = "1"

// Kinds of entries: one beginEntry, tickEntries, one endEntry.
const (
	beginEntry = "begin"
	tickEntry  = "tick"
	endEntry   = "end"
)

// begin is what is known before the first request.
type begin struct {
	Format  string          `json:"format"`
	Tool    string          `json:"tool"`
	RunID   string          `json:"run_id"`
	Created time.Time       `json:"created_at"`
	Hash    string          `json:"plan_sha256"`
	Tick    time.Duration   `json:"tick_ns"`
	Plan    json.RawMessage `json:"plan"`
}

// series are figures by the number of a plan's series.
type series map[int]*record.Stats

// metrics are the same of metrics.
type metrics map[int]*record.Values

// tick is a stretch of the run: what came in it, and what is known at its end.
type tick struct {
	tickFigures
	Errors []group `json:"errors,omitempty"` // those that changed, counted from the start
	SoFar  soFar   `json:"so_far"`
}

// maskedTick is a tick as it is written.
type maskedTick struct {
	*tickFigures
	Errors []group         `json:"errors,omitempty"`
	SoFar  json.RawMessage `json:"so_far"`
}

type tickFigures struct {
	Started  time.Time          `json:"started_at"`
	At       time.Duration      `json:"at_ns"`     // its end, from the first user
	Window   time.Duration      `json:"window_ns"` // its length
	State    outcome.State      `json:"state"`
	Users    int                `json:"users"`
	Wanted   float64            `json:"wanted"`
	InFlight int64              `json:"in_flight"`
	Missed   int64              `json:"missed,omitempty"`  // in it
	Clamped  int64              `json:"clamped,omitempty"` // from the start
	Series   series             `json:"series,omitempty"`
	Warmup   series             `json:"warmup,omitempty"`
	Phases   []series           `json:"phases,omitempty"`
	Metrics  metrics            `json:"metrics,omitempty"`
	Broken   []int              `json:"broken,omitempty"`    // SLAs of which a rule fails
	Tasks    []record.Abandoned `json:"abandoned,omitempty"` // from the start; only where they changed
}

// soFar is what the run would have come to had it ended with the tick.
type soFar struct {
	Measured   time.Duration
	PeakUsers  int
	Conditions sla.Conditions
	Health     health.Report
	Classes    []outcome.ClassCount
	Loads      []outcome.Load
	Leaves     []outcome.Leave
	Notes      []string
}

// end is what the run came to.
type end struct {
	RunID    string          `json:"run_id"`
	Started  time.Time       `json:"started_at"`
	ExitCode int             `json:"exit_code"`
	Final    snapshot        `json:"final"`
	Setup    *once           `json:"setup,omitempty"`
	Teardown *once           `json:"teardown,omitempty"`
	Marks    []Mark          `json:"marks,omitempty"`
	Outcome  json.RawMessage `json:"outcome"` // an ending
}

// ending is the rest of an outcome.
type ending struct {
	Elapsed     time.Duration
	Interrupted bool
	Cut         bool
	Judged      []sla.Judgement
	Verdict     sla.Verdict
	soFar
}

// once is how a setup or teardown went.
type once struct {
	Plan    json.RawMessage `json:"plan"`
	Elapsed time.Duration   `json:"elapsed_ns"`
	Problem string          `json:"problem"`
	Final   snapshot        `json:"final"`
}

// snapshot is a final one.
type snapshot struct {
	At        time.Duration      `json:"at_ns"`
	Total     series             `json:"series,omitempty"`
	Warmup    series             `json:"warmup,omitempty"`
	Phases    []series           `json:"phases,omitempty"`
	Metrics   metrics            `json:"metrics,omitempty"`
	Errors    []group            `json:"errors,omitempty"`
	Abandoned []record.Abandoned `json:"abandoned,omitempty"`
	Clamped   int64              `json:"clamped,omitempty"`
}

// group is one kind of failure, or of loss. Of several entries about one, the first has
// its texts.
type group struct {
	Series int32       `json:"series"`
	Loss   bool        `json:"loss,omitempty"`
	Class  string      `json:"class"`
	Status int         `json:"status,omitempty"`
	Detail string      `json:"detail,omitempty"`
	At     int64       `json:"at_ns"`
	Site   plan.SiteID `json:"site,omitempty"`
	Sent   string      `json:"sent,omitempty"`
	Answer string      `json:"answer,omitempty"`
	Count  int64       `json:"count"`
	First  int64       `json:"first_ns"`
	Last   int64       `json:"last_ns"`
}

// groupKey is what tells groups apart.
type groupKey struct {
	series        int32
	loss          bool
	class, detail string
	status        int
	site          plan.SiteID
}

func (g *group) key() groupKey {
	return groupKey{g.Series, g.Loss, g.Class, g.Detail, g.Status, g.Site}
}

// groupsOf are a snapshot's failures, and then its losses.
func groupsOf(s *record.Snapshot, m *plan.Mask) []group {
	var list []group
	for i := range s.Errors {
		list = append(list, groupOf(&s.Errors[i], m))
	}
	for i := range s.Losses {
		g := groupOf(&s.Losses[i], m)
		g.Loss = true
		list = append(list, g)
	}
	return list
}

// put adds a group to the failures or losses of a snapshot.
func (g *group) put(s *record.Snapshot) {
	to := &s.Errors
	if g.Loss {
		to = &s.Losses
	}
	*to = append(*to, g.errorGroup())
}

func groupOf(e *record.ErrorGroup, m *plan.Mask) group {
	return group{
		Series: e.Series, Class: e.Class.String(), Status: e.Status, Detail: m.Replace(e.Detail), At: e.At, Site: e.Site,
		Sent: m.Replace(e.Sent), Answer: m.Replace(e.Answer), Count: e.Count, First: e.First, Last: e.Last,
	}
}

func (g *group) errorGroup() record.ErrorGroup {
	class, ok := plan.ErrorClassNamed(g.Class)
	if !ok {
		class = plan.FailInternal
	}
	return record.ErrorGroup{
		Failure: record.Failure{Series: g.Series, Class: class, Status: g.Status, At: g.At, Detail: g.Detail, Site: g.Site, Sent: g.Sent, Answer: g.Answer},
		Count:   g.Count, First: g.First, Last: g.Last,
	}
}

// mergeGroups are both lists' groups, with what the later one knows.
func mergeGroups(a, b []group) []group {
	if len(a) == 0 {
		return b
	}
	at := make(map[groupKey]int, len(a))
	all := slices.Clone(a)
	for i := range all {
		at[all[i].key()] = i
	}
	for _, g := range b {
		i, known := at[g.key()]
		if !known {
			all = append(all, g)
			continue
		}
		g.Sent, g.Answer = cmp.Or(all[i].Sent, g.Sent), cmp.Or(all[i].Answer, g.Answer)
		all[i] = g
	}
	return all
}

// mergeTicks makes one tick of two that follow one another: what came in
// either came in it.
func mergeTicks(a, b *tick) *tick {
	both := *b
	both.Window = a.Window + b.Window
	both.Missed = a.Missed + b.Missed
	both.Series = a.Series.merge(b.Series)
	both.Warmup = a.Warmup.merge(b.Warmup)
	both.Phases = mergePhases(a.Phases, b.Phases)
	both.Metrics = a.Metrics.merge(b.Metrics)
	both.Errors = mergeGroups(a.Errors, b.Errors)
	if b.Tasks == nil {
		both.Tasks = a.Tasks
	}
	return &both
}

func mergePhases(a, b []series) []series {
	if len(a) != len(b) {
		return b
	}
	both := make([]series, len(a))
	for i := range a {
		both[i] = a[i].merge(b[i])
	}
	return both
}

func (s series) merge(o series) series {
	return merged(s, o, func(a, b *record.Stats) *record.Stats { return record.Merge(a, b) })
}

func (m metrics) merge(o metrics) metrics {
	return merged(m, o, func(a, b *record.Values) *record.Values { return record.MergeValues(a, b) })
}

// merged holds what either has, and both of what both have.
func merged[M ~map[K]V, K comparable, V any](a, b M, both func(a, b V) V) M {
	sum := make(M, max(len(a), len(b)))
	maps.Copy(sum, a)
	for k, v := range b {
		sum[k] = both(sum[k], v)
	}
	return sum
}

// sparse and sparseValues are the parts of a list that hold anything.
func sparse(list []*record.Stats) series {
	s := series{}
	for i, x := range list {
		if x != nil {
			s[i] = x
		}
	}
	return s
}

func sparseValues(list []*record.Values) metrics {
	m := metrics{}
	for i, x := range list {
		if x.Count() > 0 {
			m[i] = x
		}
	}
	return m
}

// list and values are lists with an entry for each of n series.
func (s series) list(n int) []*record.Stats {
	list := make([]*record.Stats, n)
	for i, x := range s {
		list[i] = x
	}
	return list
}

func (m metrics) list(n int) []*record.Values {
	list := make([]*record.Values, n)
	for i, x := range m {
		list[i] = x
	}
	return list
}

// snapshotOf is what is written of a snapshot.
func snapshotOf(s *record.Snapshot, m *plan.Mask) snapshot {
	if s == nil {
		s = &record.Snapshot{}
	}
	out := snapshot{At: s.At, Total: sparse(s.Total), Warmup: sparse(s.Warmup), Metrics: sparseValues(s.Metrics), Clamped: s.Clamped}
	for i := range s.Phases {
		out.Phases = append(out.Phases, sparse(s.Phases[i].Total))
	}
	out.Errors = groupsOf(s, m)
	out.Abandoned = maskedTasks(s.Abandoned, m)
	return out
}

func maskedTasks(list []record.Abandoned, m *plan.Mask) []record.Abandoned {
	list = slices.Clone(list)
	for i := range list {
		list[i].Name = m.Replace(list[i].Name)
	}
	return list
}

// snapshot is what was written of one, of a plan's series.
func (s *snapshot) snapshot(p *plan.Plan) *record.Snapshot {
	n := len(p.Series)
	out := &record.Snapshot{At: s.At, Final: true, Total: s.Total.list(n), Warmup: s.Warmup.list(n), Metrics: s.Metrics.list(n),
		Recent: make([]*record.Stats, n), RecentWarmup: make([]*record.Stats, n), RecentMetrics: make([]*record.Values, n),
		Abandoned: s.Abandoned, Clamped: s.Clamped}
	for _, phase := range s.Phases {
		out.Phases = append(out.Phases, record.PhaseStats{Total: phase.list(n), Recent: make([]*record.Stats, n)})
	}
	for i := range s.Errors {
		s.Errors[i].put(out)
	}
	return out
}
