package plan

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
)

func mustNumber(s string) Value {
	v, ok := ParseNumber(s)
	if !ok {
		panic(s)
	}
	return v
}

// Whatever is put into a column comes out of it, in whichever form it is kept.
func TestColumnKeepsValues(t *testing.T) {
	pool := []Value{
		StringValue(""), StringValue("a"), StringValue("grün"), IntValue(0), IntValue(-7), mustNumber("2.5"),
		NullValue(), BoolValue(true), ListValue([]Value{IntValue(1)}),
	}
	r := rand.New(rand.NewPCG(1, 2))
	for kinds := range len(pool) {
		for range 50 {
			var c DataColumn
			var want []Value
			for range r.IntN(20) {
				v := pool[r.IntN(kinds+1)]
				c.Append(v)
				want = append(want, v)
			}
			for i, v := range want {
				if got := c.At(i); got.Kind() != v.Kind() || !got.Equal(v) {
					t.Fatalf("row %d of %v is %v", i, want, got)
				}
			}
		}
	}
	var narrow, numbers DataColumn
	for i := range 10 {
		narrow.Append(StringValue(strings.Repeat("x", i)))
		numbers.Append(IntValue(int64(i)))
	}
	if narrow.Values != nil || numbers.Values != nil {
		t.Error("texts and whole numbers take the room of any value")
	}
}

func TestReadingAllocatesNothing(t *testing.T) {
	p := &Plan{Data: []Data{{Rows: 2, Columns: make([]DataColumn, 2)}}}
	for i := range 2 {
		p.Data[0].Columns[0].Append(StringValue("text"))
		p.Data[0].Columns[1].Append(IntValue(int64(i)))
	}
	f := &Frame{Plan: p, Rows: []int{1}}
	for column := range 2 {
		x := &Column{Data: 0, Column: column}
		if n := testing.AllocsPerRun(100, func() { _, _ = x.Eval(f) }); n != 0 {
			t.Errorf("%v allocations for column %d", n, column)
		}
	}
}

func object(pairs ...any) Value {
	var fields []Field
	for i := 0; i < len(pairs); i += 2 {
		fields = append(fields, Field{Name: pairs[i].(string), Value: pairs[i+1].(Value)})
	}
	return ObjectValue(fields)
}

func TestFill(t *testing.T) {
	one, two := IntValue(1), StringValue("second")
	for _, c := range []struct {
		name string
		rows Value
		want string // the error, "" for none
	}{
		{"good", ListValue([]Value{object("id", one, "more", two), object("id", two, "more", one)}), ""},
		{"no list", object("id", one), `data "d": its rows must be a list of objects, and are an object`},
		{"null", NullValue(), "are null"},
		{"no rows", ListValue(nil), "setup left no rows"},
		{"no objects", ListValue([]Value{one}), "row 1: it is a number, and must be an object"},
		{"without what is read", ListValue([]Value{object("more", one)}), `row 1: it has no "id", which the scenario reads`},
		{"ragged", ListValue([]Value{object("id", one), object("di", two), object("id", one, "x", one)}), `row 2: it has no "id", which row 1 has; row 3: it has "x", which row 1 has not`},
	} {
		d := Data{Name: "d", Site: 3, From: Const{}, Columns: []DataColumn{{Name: "id", Sensitive: true}}}
		before := d
		err := d.Fill(c.rows)
		if c.want == "" {
			if err != nil || d.Rows != 2 || d.Columns[0].At(1).Str() != "second" || d.Columns[1].Name != "more" || d.hidden == nil {
				t.Errorf("%s: %v, %+v", c.name, err, d)
			}
			if before.Columns[0].texts != nil || before.Columns[0].Values != nil || len(before.Columns) != 1 {
				t.Errorf("%s: the columns of a copy were changed", c.name)
			}
			if d.Fill(c.rows) != nil || d.Rows != 2 {
				t.Errorf("%s: a second time it has %d rows", c.name, d.Rows)
			}
			continue
		}
		var failure *EvalError
		if !errors.As(err, &failure) || failure.Site != 3 || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", c.name, err)
		}
	}
}

func TestBadRowsAreBounded(t *testing.T) {
	bad := &BadRows{Word: "line"}
	for i := range 1000 {
		bad.Add(i, "c", "x")
	}
	if n := len(bad.Lines()); n != maxBadRows+1 || bad.Count() != 1000 || !strings.HasSuffix(bad.String(), "and 980 more") {
		t.Errorf("%d lines: %s", n, bad)
	}
}

// Generated rows are the same for users that read them at the same time.
func TestCellsAtOnce(t *testing.T) {
	draw := Func(func(f *Frame) (Value, error) { return IntValue(int64(f.Rand.Uint64()>>1) ^ f.Each), nil })
	p := &Plan{Seed: 4, Data: []Data{{Endless: true, Columns: []DataColumn{{Name: "a", Make: draw}, {Name: "b", Make: draw}}}}}
	const rows = 200
	got := make([][rows]string, 8)
	var all sync.WaitGroup
	for i := range got {
		all.Go(func() {
			f := &Frame{Plan: p, Rows: []int{-1}}
			for row := range rows {
				at := (row*7 + i*31) % rows
				f.Rows[0] = at
				v, err := f.RowObject(0)
				if err != nil {
					t.Error(err)
				}
				got[i][at] = string(v.AppendJSON(nil, false))
			}
		})
	}
	all.Wait()
	seen := map[string]bool{}
	for i := range got {
		if got[i] != got[0] {
			t.Fatal("two users see different rows")
		}
	}
	for _, row := range got[0] {
		seen[row] = true
	}
	if len(seen) != rows {
		t.Errorf("%d of %d rows differ", len(seen), rows)
	}
}

// A frame's copy makes rows on its own: the two may run at the same time.
func TestCopiedFrameMakesItsOwnRows(t *testing.T) {
	draw := Func(func(f *Frame) (Value, error) { return IntValue(f.Rand.Int64()), nil })
	p := &Plan{Data: []Data{{Endless: true, Columns: []DataColumn{{Make: draw}}}}}
	f := &Frame{Plan: p}
	want, _ := f.Cell(0, 0, 9)
	c := *f
	var all sync.WaitGroup
	for _, frame := range []*Frame{f, &c} {
		all.Go(func() {
			for range 100 {
				if got, _ := frame.Cell(0, 0, 9); !got.Equal(want) {
					t.Error("another value")
				}
			}
		})
	}
	all.Wait()
}

func BenchmarkCell(b *testing.B) {
	draw := Func(func(f *Frame) (Value, error) { return IntValue(f.Each * 1000), nil })
	p := &Plan{Data: []Data{{Rows: 1000, Columns: make([]DataColumn, 1)}, {Endless: true, Columns: []DataColumn{{Make: draw}}}}}
	for i := range 1000 {
		p.Data[0].Columns[0].Append(StringValue(fmt.Sprint("row ", i)))
	}
	f := &Frame{Plan: p}
	for data, name := range []string{"text", "generated"} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				if _, err := f.Cell(data, 0, i%1000); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
