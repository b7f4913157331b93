package forecast

import (
	"math"
	"slices"

	"throng/dsl/plan"
	"throng/runtime/report"
)

var (
	orders    = [...]string{"sequential", "shuffle", "random", "unique"}
	lifetimes = [...]string{"user", "iteration", "shared"}
	ends      = [...]string{"recycle", "stop", "error"}
)

// data says which rows are there, and how many would be read.
func (b *builder) data() []Data {
	list := []Data{}
	for i := range b.plan.Data {
		d := &b.plan.Data[i]
		out := Data{
			Name: d.Name, File: d.File, SHA256: d.SHA256, Rows: d.Rows, Site: b.site(d.Site),
			Endless: d.Endless, From: origin(d), Order: orders[d.Order], Per: lifetimes[d.Per], Then: ends[d.OnExhausted], Classes: []string{},
		}
		needed := b.needed(i)
		for c := range b.plan.Classes {
			if b.reads(c, i) {
				out.Classes = append(out.Classes, b.plan.Classes[c].Name)
			}
		}
		out.Needed = report.Num(needed)
		known := !d.Endless && d.From == nil
		out.Short = known && d.Order != plan.Random && math.Floor(needed+0.5) > float64(d.Rows)
		list = append(list, out)
	}
	return list
}

// origin says what the rows are made by.
func origin(d *plan.Data) string {
	switch {
	case d.File != "":
		return "file"
	case d.From != nil:
		return "setup"
	case len(d.Columns) > 0 && d.Columns[0].Make != nil:
		return "generated"
	}
	return "inline"
}

func (b *builder) reads(class, data int) bool {
	reads := b.plan.Classes[class].Reads
	return reads == nil || slices.Contains(reads, data)
}

// needed is how many positions of a source are read: its readers, their
// iterations, or for a shared sequence those of the user with the most. A
// user that is a new one in every iteration is as many readers.
func (b *builder) needed(data int) (n float64) {
	d := &b.plan.Data[data]
	together := d.Order == plan.Unique // every row to one reader only
	for c := range b.plan.Classes {
		if !b.reads(c, data) {
			continue
		}
		iterations := b.run.iterations[c][assumed]
		switch {
		case d.Per == plan.PerUser && b.plan.Classes[c].Lifetime != plan.LifetimeIteration:
			n += b.run.started[c]
		case d.Per != plan.PerShared || together:
			n += iterations
		case b.run.started[c] > 0 && b.plan.Profile.Loads != nil:
			n = math.Max(n, b.longest(c))
		}
	}
	return n
}

// longest is about how many iterations the user of a class makes that is
// there from the start to the end.
func (b *builder) longest(class int) float64 {
	for i := range b.plan.Profile.Loads {
		l := &b.plan.Profile.Loads[i]
		if l.Model == plan.Open && slices.Contains(l.Classes, class) && b.plan.Classes[class].FixedCount == 0 {
			return math.Ceil(b.run.iterations[class][assumed] / math.Max(1, b.run.started[class]))
		}
	}
	return b.habits[class].begun(assumed, b.end.Seconds())
}

// rowsOf says how many rows there are.
func rowsOf(d *Data) string {
	switch {
	case d.Endless:
		return "no end"
	case d.From == "setup" && d.Rows == 0:
		return "after setup"
	}
	return plural(int64(d.Rows), "row")
}
