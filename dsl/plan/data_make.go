package plan

import "math/rand/v2"

// maker is what a frame makes generated rows with. They are made in a frame
// of their own, so that they see nothing of who reads them, and with a random
// source that is seeded for each cell, so that a cell is the same whenever
// and by whomever it is read.
type maker struct {
	owner  *Frame
	frame  Frame
	source rand.PCG
}

// Cell is the value of a source's column in a row, from 0.
func (f *Frame) Cell(data, column, row int) (Value, error) {
	c := &f.Plan.Data[data].Columns[column]
	if c.Make == nil {
		return c.At(row), nil
	}
	m := f.maker
	if m == nil || m.owner != f { // a copy of a frame makes its own
		m = &maker{owner: f}
		m.frame = Frame{Plan: f.Plan, Rand: rand.New(&m.source), Run: f.Run, Private: make([]any, len(f.Plan.Fallbacks))}
		f.maker = m
	}
	m.source.Seed(scramble(f.Plan.Seed, uint64(data), uint64(column)), scramble(f.Plan.Seed+1, uint64(row)))
	m.frame.Each = int64(row)
	return c.Make.Eval(&m.frame)
}

// RowObject is a source's current row as an object, drawn on first use.
func (f *Frame) RowObject(data int) (Value, error) {
	row, err := f.Row(data)
	if err != nil {
		return Value{}, err
	}
	columns := f.Plan.Data[data].Columns
	fields := make([]Field, len(columns))
	for i := range columns {
		v, err := f.Cell(data, i, row)
		if err != nil {
			return Value{}, err
		}
		fields[i] = Field{Name: columns[i].Name, Value: v}
	}
	return ObjectValue(fields), nil
}

// scramble makes one well mixed number of several, by the finalizer of
// SplitMix64.
func scramble(seed uint64, parts ...uint64) uint64 {
	x := seed
	for _, p := range parts {
		x += p + 0x9e3779b97f4a7c15
		x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
		x = (x ^ x>>27) * 0x94d049bb133111eb
		x ^= x >> 31
	}
	return x
}
