package results

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"throng/dsl/plan"
	"throng/runtime/health"
	"throng/runtime/outcome"
	"throng/runtime/record"
	"throng/runtime/sla"
)

// add is what several processes come to.
func add(list []*soFar) soFar {
	var sum soFar
	for i, s := range list {
		name := ""
		if len(list) > 1 {
			name = fmt.Sprintf("process %d: ", i+1)
		}
		sum.Measured = max(sum.Measured, s.Measured)
		sum.PeakUsers = max(sum.PeakUsers, s.PeakUsers)
		sum.Conditions = addConditions(sum.Conditions, s.Conditions, name)
		sum.Health = addHealth(sum.Health, s.Health, name)
		sum.Classes = addClasses(sum.Classes, s.Classes)
		sum.Loads = addLoads(sum.Loads, s.Loads)
		for _, l := range s.Leaves {
			sum.Leaves = addLeave(sum.Leaves, l)
		}
		for _, n := range s.Notes {
			sum.Notes = append(sum.Notes, name+n)
		}
	}
	return sum
}

func addConditions(a, b sla.Conditions, name string) sla.Conditions {
	sum := a
	sum.Books = sla.Books{Intended: a.Books.Intended + b.Books.Intended, Succeeded: a.Books.Succeeded + b.Books.Succeeded,
		Failed: a.Books.Failed + b.Books.Failed, Missed: a.Books.Missed + b.Books.Missed, InFlight: a.Books.InFlight + b.Books.InFlight}
	sum.Recorded += b.Recorded
	sum.Backward += b.Backward
	sum.LocalFailures += b.LocalFailures
	sum.Forbidden += b.Forbidden
	sum.Stuck += b.Stuck
	sum.StuckWhy = cmp.Or(a.StuckWhy, b.StuckWhy)
	sum.UsersStarted += b.UsersStarted
	sum.UsersFailed += b.UsersFailed
	sum.Saturated = slices.Clip(a.Saturated)
	for _, why := range b.Saturated {
		sum.Saturated = append(sum.Saturated, name+why)
	}
	sum.Interrupted = a.Interrupted || b.Interrupted
	sum.Aborted = cmp.Or(a.Aborted, b.Aborted)
	sum.Incomplete = cmp.Or(a.Incomplete, b.Incomplete)
	sum.Ran, sum.Planned = max(a.Ran, b.Ran), max(a.Planned, b.Planned)
	if b.Generator != "" {
		sum.Generator = strings.TrimPrefix(a.Generator+"; "+name+b.Generator, "; ")
	}
	return sum
}

// addHealth is the worst of each figure; cores and memory add up.
func addHealth(a, b health.Report, name string) health.Report {
	sum := health.Report{
		CPU: max(a.CPU, b.CPU), CPUPeak: max(a.CPUPeak, b.CPUPeak), Cores: a.Cores + b.Cores,
		StartLagP50: max(a.StartLagP50, b.StartLagP50), StartLagP99: max(a.StartLagP99, b.StartLagP99), StartLagMax: max(a.StartLagMax, b.StartLagMax),
		TickLagP99: max(a.TickLagP99, b.TickLagP99), SchedP99: max(a.SchedP99, b.SchedP99),
		GCPauseMax: max(a.GCPauseMax, b.GCPauseMax), GCPauseTotal: a.GCPauseTotal + b.GCPauseTotal,
		MemoryPeak: a.MemoryPeak + b.MemoryPeak, Goroutines: a.Goroutines + b.Goroutines, Saturated: slices.Clip(a.Saturated),
		Network: health.Network{
			Known: a.Network.Known || b.Network.Known, SegmentsOut: a.Network.SegmentsOut + b.Network.SegmentsOut,
			Retransmitted: a.Network.Retransmitted + b.Network.Retransmitted, ListenDrops: a.Network.ListenDrops + b.Network.ListenDrops,
			BufferPressed: a.Network.BufferPressed + b.Network.BufferPressed,
		},
	}
	for _, why := range b.Saturated {
		sum.Saturated = append(sum.Saturated, name+why)
	}
	return sum
}

func addClasses(a, b []outcome.ClassCount) []outcome.ClassCount {
	sum := slices.Clone(a)
	for _, c := range b {
		i := slices.IndexFunc(sum, func(s outcome.ClassCount) bool { return s.Class == c.Class })
		if i < 0 {
			sum = append(sum, c)
			continue
		}
		s := &sum[i]
		s.Users, s.Starts, s.StartFailed, s.Lived = s.Users+c.Users, s.Starts+c.Starts, s.StartFailed+c.StartFailed, s.Lived+c.Lived
		s.Tasks = slices.Clone(s.Tasks)
		for k := range min(len(s.Tasks), len(c.Tasks)) {
			t := c.Tasks[k]
			s.Tasks[k].Begun += t.Begun
			s.Tasks[k].Completed += t.Completed
			s.Tasks[k].Abandoned += t.Abandoned
			s.Tasks[k].Failed += t.Failed
		}
	}
	return sum
}

func addLoads(a, b []outcome.Load) []outcome.Load {
	if len(a) != len(b) {
		return b
	}
	sum := slices.Clone(a)
	for i, l := range b {
		s := &sum[i]
		if s.Begin == plan.Unknown || l.Begin != plan.Unknown && l.Begin < s.Begin {
			s.Begin = l.Begin
		}
		s.State, s.Stage = min(s.State, l.State), max(s.Stage, l.Stage)
		s.Wanted += l.Wanted
		s.Users += l.Users
		s.Launched += l.Launched
		s.Arrivals += l.Arrivals
		s.Missed += l.Missed
	}
	return sum
}

func addLeave(list []outcome.Leave, l outcome.Leave) []outcome.Leave {
	for i := range list {
		if s := &list[i]; s.Class == l.Class && s.Site == l.Site && s.Reach == l.Reach && s.Message == l.Message {
			s.Count += l.Count
			return list
		}
	}
	return append(list, l)
}

func addGroups(all []record.ErrorGroup) (sum []record.ErrorGroup) {
	byKey := map[groupKey]record.ErrorGroup{}
	for _, g := range all {
		k := groupKey{g.Series, false, g.Class.String(), g.Detail, g.Status, g.Site}
		if old, known := byKey[k]; known {
			old.Count, old.First, old.Last = old.Count+g.Count, min(old.First, g.First), max(old.Last, g.Last)
			g = old
		}
		byKey[k] = g
	}
	return slices.SortedFunc(maps.Values(byKey), compareGroups)
}

func addTasks(a, b []record.Abandoned) []record.Abandoned {
	sum := slices.Clone(a)
	for _, t := range b {
		i := slices.IndexFunc(sum, func(s record.Abandoned) bool {
			return s.Class == t.Class && s.Site == t.Site && s.Name == t.Name
		})
		if i < 0 {
			sum = append(sum, t)
			continue
		}
		sum[i].Count += t.Count
	}
	return sum
}
