package plan

import "strings"

// Data is a table of rows, loaded once and shared. It is kept by columns.
type Data struct {
	Name        string
	Site        SiteID
	File        string // "" for rows that stand in the scenario or are generated
	SHA256      string // of the file's bytes, in hex
	Rows        int    // 0 while they are not known before setup
	Endless     bool   // generated without end: Rows is 0
	From        Expr   // the rows, a list of objects, where setup is to make them; nil otherwise
	Columns     []DataColumn
	Order       Order
	Per         Per
	OnExhausted Exhausted

	first  int      // number of the row that named the columns; see AddRow
	hidden *wordSet // texts of the sensitive columns; see Protect
}

// DataColumn is one column. What Append puts into it is kept in the narrowest
// form that holds all of it: texts one behind the other, whole numbers as
// such, and anything else as Values, one entry a row. A generated column has
// Make instead, evaluated with Frame.Each as the row's number.
type DataColumn struct {
	Name      string
	Sensitive bool
	Values    []Value
	Make      Expr

	texts *texts
	ints  []int64
}

// texts are strings in one piece of memory, and where each ends.
type texts struct {
	all  strings.Builder
	ends []uint32
}

const maxTexts = 1<<32 - 1 // bytes, what ends can count

// Append adds the value of one more row.
func (c *DataColumn) Append(v Value) {
	switch {
	case v.kind == String && c.ints == nil && c.Values == nil && c.texts.fit(v.str):
		if c.texts == nil {
			c.texts = &texts{}
		}
		c.texts.all.WriteString(v.str)
		c.texts.ends = append(c.texts.ends, uint32(c.texts.all.Len()))
	case v.kind == Int && c.texts == nil && c.Values == nil:
		c.ints = append(c.ints, v.num)
	default:
		c.widen()
		c.Values = append(c.Values, v)
	}
}

func (t *texts) fit(s string) bool { return t == nil || t.all.Len()+len(s) <= maxTexts }

// widen keeps as Values what was kept in a narrower form.
func (c *DataColumn) widen() {
	n := c.Len()
	if c.texts == nil && c.ints == nil {
		return
	}
	values := make([]Value, n, n+n/2+1)
	for i := range values {
		values[i] = c.At(i)
	}
	c.texts, c.ints, c.Values = nil, nil, values
}

// At is the value of a row, from 0, of a column that is not generated.
func (c *DataColumn) At(row int) Value {
	switch {
	case c.texts != nil:
		start := uint32(0)
		if row > 0 {
			start = c.texts.ends[row-1]
		}
		return StringValue(c.texts.all.String()[start:c.texts.ends[row]])
	case c.ints != nil:
		return IntValue(c.ints[row])
	}
	return c.Values[row]
}

// Len is how many values Append has put into the column.
func (c *DataColumn) Len() int {
	switch {
	case c.texts != nil:
		return len(c.texts.ends)
	case c.ints != nil:
		return len(c.ints)
	}
	return len(c.Values)
}

// Column is the number of the column called name, -1 where there is none.
func (d *Data) Column(name string) int {
	for i := range d.Columns {
		if d.Columns[i].Name == name {
			return i
		}
	}
	return -1
}

// ColumnNames are the names of the columns, in their order.
func (d *Data) ColumnNames() []string {
	names := make([]string, len(d.Columns))
	for i := range d.Columns {
		names[i] = d.Columns[i].Name
	}
	return names
}

// Order is the order in which rows are handed out.
type Order uint8

// Orders of rows.
const (
	Sequential Order = iota
	Shuffle          // every row once in a seeded order, then again
	Random           // drawn with replacement
	Unique           // every row to one reader only
)

// Per says how long a reader keeps a row.
type Per uint8

// Lifetimes of a row.
const (
	PerUser Per = iota
	PerIteration
	PerShared // all users walk one sequence, a row an iteration
)

// Exhausted says what happens after the last row.
type Exhausted uint8

// Behaviours at the end of the rows.
const (
	Recycle Exhausted = iota
	StopUser
	FailRun
)
