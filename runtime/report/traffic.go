package report

import (
	"strings"

	"throng/dsl/plan"
	"throng/runtime/outcome"
	"throng/runtime/record"
)

// classes is what the users of each class did.
func (b *builder) classes(o *outcome.Outcome, snap *record.Snapshot) []Class {
	list := make([]Class, 0, len(b.plan.Classes))
	for i := range b.plan.Classes {
		c := &b.plan.Classes[i]
		counts := countsOf(o, i)
		out := Class{
			Name: c.Name, Weight: Num(c.Weight), FixedCount: c.FixedCount,
			Users: counts.Users, Starts: counts.Starts, StartFailed: counts.StartFailed, Tasks: make([]Task, 0, len(c.Tasks)),
			Figures: b.figures(b.merge(snap.Total, func(s *plan.Series) bool {
				return s.Kind == plan.RequestSeries && s.Class == i
			})),
		}
		for t := range c.Tasks {
			n := taskCount(counts, t)
			out.Tasks = append(out.Tasks, Task{
				Name: c.Tasks[t].Name, Weight: Num(c.Tasks[t].Weight),
				Begun: n.Begun, Completed: n.Completed, Abandoned: n.Abandoned, Failed: n.Failed,
			})
		}
		list = append(list, out)
	}
	return list
}

func countsOf(o *outcome.Outcome, class int) outcome.ClassCount {
	for _, c := range o.Classes {
		if c.Class == class {
			return c
		}
	}
	return outcome.ClassCount{Class: class}
}

func taskCount(c outcome.ClassCount, task int) outcome.TaskCount {
	if task < len(c.Tasks) {
		return c.Tasks[task]
	}
	return outcome.TaskCount{}
}

// mix compares the declared traffic with the achieved one: the classes of
// each load, by users in the closed model and by tasks begun in the open one,
// then the tasks of each class.
func (b *builder) mix(o *outcome.Outcome) []Share {
	list := []Share{}
	for i := range b.plan.Profile.Loads {
		list = append(list, b.loadMix(o, &b.plan.Profile.Loads[i])...)
	}
	for i := range b.plan.Classes {
		list = append(list, b.taskMix(o, i)...)
	}
	return list
}

func (b *builder) loadMix(o *outcome.Outcome, load *plan.Load) []Share {
	list := []Share{}
	var weights float64
	var sum int64
	counted := "users"
	if load.Model == plan.Open {
		counted = "tasks"
	}
	count := func(class int) int64 {
		c := countsOf(o, class)
		if counted == "users" {
			return c.Users
		}
		return begun(c)
	}
	for _, class := range load.Classes {
		if b.plan.Classes[class].FixedCount == 0 {
			weights += b.plan.WeightIn(load, class)
			sum += count(class)
		}
	}
	for _, class := range load.Classes {
		c := &b.plan.Classes[class]
		s := Share{Class: c.Name, Counted: counted, Fixed: c.FixedCount > 0, Count: count(class)}
		if !s.Fixed {
			s.Declared, s.Achieved = part(b.plan.WeightIn(load, class), weights), part(float64(s.Count), float64(sum))
		}
		list = append(list, s)
	}
	return list
}

func (b *builder) taskMix(o *outcome.Outcome, class int) []Share {
	c := &b.plan.Classes[class]
	counts := countsOf(o, class)
	var weights float64
	for i := range c.Tasks {
		weights += c.Tasks[i].Weight
	}
	list := make([]Share, 0, len(c.Tasks))
	for i := range c.Tasks {
		n := taskCount(counts, i).Begun
		list = append(list, Share{
			Class: c.Name, Task: c.Tasks[i].Name, Counted: "tasks", Count: n,
			Declared: part(c.Tasks[i].Weight, weights), Achieved: part(float64(n), float64(begun(counts))),
		})
	}
	return list
}

func begun(c outcome.ClassCount) int64 {
	var n int64
	for i := range c.Tasks {
		n += c.Tasks[i].Begun
	}
	return n
}

// part is a share, nil where there is no whole.
func part(x, whole float64) *Num {
	if whole == 0 {
		return nil
	}
	return num(x / whole)
}

// errors are the kinds of failures, with one example each.
func (b *builder) errors(groups []record.ErrorGroup) []Error {
	list := make([]Error, 0, len(groups))
	for i := range groups {
		list = append(list, b.failure(&groups[i]))
	}
	return list
}

// Failure is one kind of failures of a plan's run, ready to be shown.
func Failure(p *plan.Plan, g *record.ErrorGroup) Error {
	b := builder{plan: p, mask: p.Mask()}
	return b.failure(g)
}

func (b *builder) failure(g *record.ErrorGroup) Error {
	e := Error{
		Class: g.Class.String(), Status: g.Status, Count: g.Count, First: Ms(g.First), Last: Ms(g.Last),
		Detail: b.mask.Replace(g.Detail), Site: b.site(g.Site),
		Example: Example{Sent: b.mask.Replace(g.Sent), Answer: b.mask.Replace(g.Answer)},
	}
	if s := int(g.Series); s >= 0 && s < len(b.plan.Series) {
		series := &b.plan.Series[s]
		e.Request = b.mask.Replace(b.plan.Rows[series.Row].Label())
		e.UserClass, e.Task = b.class(series.Class), series.Task
	}
	if e.Detail == otherErrors {
		e.Request, e.UserClass, e.Task = "", "", ""
	}
	return e
}

// otherErrors is the detail of the group that takes what no group of its own
// is kept for.
const otherErrors = "(other)"

func (b *builder) abandoned(list []record.Abandoned) []Abandoned {
	out := make([]Abandoned, 0, len(list))
	for _, a := range list {
		out = append(out, Abandoned{
			Class: b.class(a.Class), Value: strings.TrimPrefix(a.Name, "session."), Site: b.site(a.Site), Count: a.Count,
		})
	}
	return out
}
