package record

import (
	"cmp"
	"slices"
	"strings"
	"sync"
	"unicode/utf8"

	"throng/dsl/plan"
)

// Bounds of what is kept of failures.
const (
	maxGroups = 1000
	maxDetail = 200     // bytes
	maxText   = 2 << 10 // bytes of request and of answer
	otherName = "(other)"
)

// failures groups failures and abandoned tasks. Failures are described only
// when they happen, so one lock for all users is enough.
type failures struct {
	mu        sync.Mutex
	groups    map[groupKey]*ErrorGroup
	other     *ErrorGroup
	abandoned map[Abandoned]int64 // keyed with Count 0
	changed   bool
	errors    []ErrorGroup // as last listed; shared by snapshots until changed
	tasks     []Abandoned
}

type groupKey struct {
	row    int
	class  plan.ErrorClass
	status int
	detail string
}

func (f *failures) init() {
	f.groups = make(map[groupKey]*ErrorGroup)
	f.abandoned = make(map[Abandoned]int64)
}

// Fail describes a failure, beside the sample that Add counts. Failures of
// one row, class, status and detail form a group that keeps its first text.
// After 1000 groups all further kinds share one, with the series, class and
// status of the first of them and the detail "(other)".
func (w *Writer) Fail(f Failure) {
	f.Detail = cut(f.Detail, maxDetail)
	w.recorder.failures.add(w.recorder.rowOf(f.Series), f)
}

// Lose describes the end of a connection of a socket or stream that was not
// ours to end: no sample, and no failure of one. Its Status is the close code.
// Losses are grouped as failures are, by themselves.
func (w *Writer) Lose(f Failure) {
	f.Detail = cut(f.Detail, maxDetail)
	w.recorder.losses.add(w.recorder.rowOf(f.Series), f)
}

// Abandon counts a task that ended at a site because the session value
// called name was missing.
func (w *Writer) Abandon(class int, site plan.SiteID, name string) {
	f := &w.recorder.failures
	f.mu.Lock()
	defer f.mu.Unlock()
	f.abandoned[Abandoned{Class: class, Site: site, Name: name}]++
	f.changed = true
}

func (f *failures) add(row int, fail Failure) {
	key := groupKey{row, fail.Class, fail.Status, fail.Detail}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.changed = true
	g := f.groups[key]
	if g == nil {
		g = f.newGroup(key, fail)
	}
	g.Count++
	g.First = min(g.First, fail.At)
	g.Last = max(g.Last, fail.At)
}

func (f *failures) newGroup(key groupKey, fail Failure) *ErrorGroup {
	if len(f.groups) >= maxGroups {
		if f.other == nil {
			fail.Detail, fail.Site, fail.Sent, fail.Answer = otherName, 0, "", ""
			f.other = &ErrorGroup{Failure: fail, First: fail.At, Last: fail.At}
		}
		return f.other
	}
	key.detail = strings.Clone(key.detail) // do not keep the text it was cut from
	fail.Detail = key.detail
	fail.Sent = strings.Clone(cut(fail.Sent, maxText))
	fail.Answer = strings.Clone(cut(fail.Answer, maxText))
	g := &ErrorGroup{Failure: fail, First: fail.At, Last: fail.At}
	f.groups[key] = g
	return g
}

// list is the groups, most frequent first, and the abandoned tasks in the
// order of class, site and name. The results are shared; nobody changes them.
func (f *failures) list() ([]ErrorGroup, []Abandoned) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if !f.changed {
		return f.errors, f.tasks
	}
	f.changed = false
	f.errors = make([]ErrorGroup, 0, len(f.groups)+1)
	for _, g := range f.groups {
		f.errors = append(f.errors, *g)
	}
	if f.other != nil {
		f.errors = append(f.errors, *f.other)
	}
	slices.SortFunc(f.errors, compareGroups)
	f.tasks = make([]Abandoned, 0, len(f.abandoned))
	for a, n := range f.abandoned {
		a.Count = n
		f.tasks = append(f.tasks, a)
	}
	slices.SortFunc(f.tasks, compareAbandoned)
	return f.errors, f.tasks
}

func compareGroups(a, b ErrorGroup) int {
	return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.First, b.First),
		cmp.Compare(a.Series, b.Series), cmp.Compare(a.Class, b.Class),
		cmp.Compare(a.Status, b.Status), cmp.Compare(a.Detail, b.Detail))
}

func compareAbandoned(a, b Abandoned) int {
	return cmp.Or(cmp.Compare(a.Class, b.Class), cmp.Compare(a.Site, b.Site), cmp.Compare(a.Name, b.Name))
}

// cut is the first n bytes of s, or a little less, so that no character is
// split.
func cut(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}
