package compile

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"throng/dsl/config"
	"throng/dsl/diag"
	"throng/dsl/plan"
	"throng/dsl/resolve"
)

var (
	orders    = map[string]plan.Order{"sequential": plan.Sequential, "shuffle": plan.Shuffle, "random": plan.Random, "unique": plan.Unique}
	lifetimes = map[string]plan.Per{"user": plan.PerUser, "iteration": plan.PerIteration, "shared": plan.PerShared}
	exhausted = map[string]plan.Exhausted{"recycle": plan.Recycle, "stop": plan.StopUser, "error": plan.FailRun}
)

// dataFormat is one form that rows come in: the argument it cannot do
// without, those it takes beside it, and what reads it. load reports what is
// wrong and then says false.
type dataFormat struct {
	needs string
	takes []string
	load  func(*table) bool
}

var dataFormats = map[string]dataFormat{
	"csv":       {"file", []string{"columns", "types", "delimiter"}, (*table).csv},
	"json":      {"file", nil, (*table).json},
	"ndjson":    {"file", nil, (*table).ndjson},
	"inline":    {"rows", nil, (*table).inline},
	"generated": {"row", []string{"count"}, (*table).generated},
}

// table is a data block on its way to a plan.Data.
type table struct {
	c     *compiler
	scope *resolve.Scope
	block *config.Block
	plan.Data

	secret    []string // names of the sensitive columns
	allSecret bool     // every column is sensitive
}

// data loads the tables of the scenario and of its libraries.
func (c *compiler) data() { c.dataOf(c.root) }

func (c *compiler) dataOf(s *resolve.Scope) {
	defer c.inside(s)()
	for _, name := range s.Names("data") {
		c.source(s, s.Named("data", name))
	}
	for _, child := range s.Called() {
		c.dataOf(child)
	}
}

func (c *compiler) source(s *resolve.Scope, b *config.Block) {
	label := b.Labels[0]
	format, known := dataFormats[label.Text]
	if !known {
		names := slices.Sorted(maps.Keys(dataFormats))
		c.fail(b, diag.InvalidValue, label.Range, "There is no format of data called %q. There are %s.", label.Text, quoted(names)).
			DidYouMean(label.Text, names)
		return
	}
	t := &table{c: c, scope: s, block: b, Data: plan.Data{Name: b.Name(), Site: c.site(b.Range, b)}}
	good := t.takes(label.Text, format)
	t.secret, _ = c.stringList(b, "sensitive")
	good = t.handing() && good
	if a := b.Arg(format.needs); a == nil || a.Bad || !good || !format.load(t) {
		return
	}
	if !t.protect() || !t.orderFits() {
		return
	}
	c.dataIDs[b] = len(c.plan.Data)
	c.plan.Data = append(c.plan.Data, t.Data)
}

// takes holds the block's arguments against those of its format.
func (t *table) takes(label string, format dataFormat) bool {
	good := true
	if t.block.Arg(format.needs) == nil {
		if !t.block.Broken {
			t.c.fail(t.block, diag.MissingArgument, t.block.Range, "%s needs the argument %q.", t.block.Title(), format.needs)
		}
		good = false
	}
	for _, a := range t.block.Args {
		if a.Name == format.needs || slices.Contains(format.takes, a.Name) {
			continue
		}
		var homes []string
		for _, name := range slices.Sorted(maps.Keys(dataFormats)) {
			if f := dataFormats[name]; f.needs == a.Name || slices.Contains(f.takes, a.Name) {
				homes = append(homes, name)
			}
		}
		if len(homes) > 0 {
			t.c.fail(t.block, diag.UnknownArgument, a.NameRange, "Data of the format %q has no argument %q; it belongs to %s.", label, a.Name, quoted(homes))
			good = false
		}
	}
	return good
}

// handing reads how rows are handed out.
func (t *table) handing() bool {
	c, b := t.c, t.block
	if word, ok := c.keyword(b, "order"); ok {
		t.Order = orders[word]
	}
	if word, ok := c.keyword(b, "per"); ok {
		t.Per = lifetimes[word]
	}
	if t.Order == plan.Unique {
		t.OnExhausted = plan.StopUser
	}
	word, ok := c.keyword(b, "on_exhausted")
	if ok {
		t.OnExhausted = exhausted[word]
	}
	if ok && t.Order == plan.Unique && t.OnExhausted == plan.Recycle {
		c.fail(b, diag.ConflictingArguments, b.Arg("on_exhausted").Range, "With order = \"unique\" no row comes twice, so the rows cannot begin again. Write \"stop\" or \"error\", or another order.").
			Relate("unique is asked for here", b.Arg("order").Range)
		return false
	}
	return true
}

// orderFits refuses what has no meaning for rows that never end.
func (t *table) orderFits() bool {
	if !t.Endless {
		return true
	}
	c, b := t.c, t.block
	if t.Order == plan.Shuffle || t.Order == plan.Random {
		c.fail(b, diag.ConflictingArguments, b.Arg("order").Range, "These rows never end, so there is no whole to draw from. Say how many there are with count.")
		return false
	}
	if a := b.Arg("on_exhausted"); a != nil {
		c.fail(b, diag.ConflictingArguments, a.Range, "These rows never end. Say how many there are with count, or leave on_exhausted out.")
		return false
	}
	return true
}

// column adds a column.
func (t *table) column(name string) *plan.DataColumn {
	t.Columns = append(t.Columns, plan.DataColumn{Name: name, Sensitive: slices.Contains(t.secret, name)})
	return &t.Columns[len(t.Columns)-1]
}

// names adds the columns of a table that names them; it says what is wrong
// with the names, or "".
func (t *table) names(names []string) string {
	for i, name := range names {
		switch {
		case name == "":
			return fmt.Sprintf("column %d has no name", i+1)
		case t.Column(name) >= 0:
			return fmt.Sprintf("two columns are called %q", name)
		}
		t.column(name)
	}
	return ""
}

// protect marks the sensitive columns, and keeps their values for masking.
func (t *table) protect() bool {
	good := true
	for _, name := range t.secret {
		if i := t.Column(name); i >= 0 {
			t.Columns[i].Sensitive = true
			continue
		}
		if t.From != nil {
			t.column(name) // setup's rows must have it
			continue
		}
		t.c.fail(t.block, diag.UnknownAttribute, t.block.Arg("sensitive").Expr.Range(), "There is no column %q.", name).
			DidYouMean(name, t.ColumnNames())
		good = false
	}
	for i := range t.Columns {
		t.Columns[i].Sensitive = t.Columns[i].Sensitive || t.allSecret
	}
	t.Protect()
	return good
}

// rowsFit reports rows that are wrong, all in one finding, and a table
// without rows. what is said of them all: the file's name, or "rows".
func (t *table) rowsFit(arg, what string, bad *plan.BadRows) bool {
	at := t.block.Arg(arg).Expr.Range()
	lines := bad.Lines()
	switch {
	case len(lines) == 1:
		t.c.fail(t.block, diag.InvalidData, at, "%s: %s.", what, lines[0])
		return false
	case len(lines) > 1:
		t.c.fail(t.block, diag.InvalidData, at, "%s is wrong in %d places:\n  %s", what, bad.Count(), strings.Join(lines, "\n  "))
		return false
	case t.Rows == 0:
		t.c.fail(t.block, diag.EmptyData, at, "%s holds no rows.", what)
		return false
	}
	return true
}

// readData notes that the class under compilation reads a source.
func (c *compiler) readData(id int) {
	if c.reads != nil {
		c.reads[id] = true
	}
}

// readColumn is the number of a source's column, -1 where its rows have none
// of this name. Of rows that setup will make, any column may be read: they
// are held against what is read when they are there.
func (c *compiler) readColumn(id int, name string) int {
	d := &c.plan.Data[id]
	i := d.Column(name)
	if i < 0 && d.From != nil {
		i = len(d.Columns)
		d.Columns = append(d.Columns, plan.DataColumn{Name: name})
	}
	return i
}
