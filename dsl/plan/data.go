package plan

// Data is a table of rows, loaded once and shared.
type Data struct {
	Name        string
	Site        SiteID
	File        string
	SHA256      string // of the file's bytes, in hex
	Rows        int    // 0 while they are not known before setup
	Endless     bool   // generated without end: Rows is 0
	From        Expr   // the rows, a list of objects, where setup is to make them; nil otherwise
	Columns     []DataColumn
	Order       Order
	Per         Per
	OnExhausted Exhausted
}

// DataColumn is one column; Values has one entry a row. A generated column
// has Make instead, evaluated with Frame.Each as the row's number.
type DataColumn struct {
	Name      string
	Sensitive bool
	Values    []Value
	Make      Expr
}

// Fill takes rows that setup made: a list of objects with the same attributes.
// The error names the first row that is wrong.
func (d *Data) Fill(rows Value) error {
	return nil
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
