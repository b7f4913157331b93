package user

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"throng/dsl/plan"
	"throng/runtime/record"
	"throng/runtime/transport"
)

func TestFeedOrders(t *testing.T) {
	const n = 7
	draw := func(d plan.Data, readers, times int) (rows [][]int) {
		d.Rows = n
		f := newFeed(&plan.Plan{Seed: 3, Data: []plan.Data{d}, Classes: []plan.Class{{Reads: []int{0}}, {Reads: []int{}}}}, newWindow(0, 0))
		for range readers {
			f.enter(1) // users of a class that reads nothing take no rank
			place := f.enter(0)
			var list []int
			for range times {
				if row, err := f.row(0, &place[0]); err == nil {
					list = append(list, row)
				}
			}
			rows = append(rows, list)
		}
		return rows
	}
	shuffled := draw(plan.Data{Order: plan.Shuffle, Per: plan.PerShared}, 2, 3*n)
	if !slices.Equal(shuffled[0], shuffled[1]) {
		t.Error("a shared shuffle differs between users")
	}
	for pass := range 3 {
		list := slices.Sorted(slices.Values(shuffled[0][pass*n : (pass+1)*n]))
		if !slices.Equal(list, []int{0, 1, 2, 3, 4, 5, 6}) {
			t.Errorf("pass %d of a shuffle: %v", pass, list)
		}
	}
	if slices.Equal(shuffled[0][:n], shuffled[0][n:2*n]) {
		t.Error("two passes of a shuffle are the same")
	}
	unique := draw(plan.Data{Order: plan.Unique, Per: plan.PerIteration}, 3, 3)
	if got := slices.Concat(unique...); !slices.Equal(got, []int{0, 1, 2, 3, 4, 5, 6}) {
		t.Errorf("unique: %v", got)
	}
	one, two := draw(plan.Data{Order: plan.Random, Per: plan.PerIteration}, 2, 50), draw(plan.Data{Order: plan.Random, Per: plan.PerIteration}, 2, 50)
	if !slices.Equal(one[0], two[0]) || slices.Equal(one[0], one[1]) {
		t.Error("random rows are not replayed, or the same for all")
	}
	if got := draw(plan.Data{Order: plan.Sequential, Per: plan.PerUser}, 9, 1); got[8][0] != 1 || got[3][0] != 3 {
		t.Errorf("per user: %v", got)
	}
}

func TestPermute(t *testing.T) {
	for _, n := range []uint64{1, 2, 3, 16, 17, 1000} {
		seen := make([]bool, n)
		for i := range n {
			j := permute(i, n, 99)
			if j >= n || seen[j] {
				t.Fatalf("n = %d: %d comes twice or is out of range", n, j)
			}
			seen[j] = true
		}
	}
}

// hands draws the rows that the readers of one part get: as many users, each
// with so many iterations.
func hands(t *testing.T, d plan.Data, w window, users, iterations int) (rows []int) {
	t.Helper()
	f := newFeed(&plan.Plan{Seed: 11, Data: []plan.Data{d}, Classes: []plan.Class{{}}}, w)
	for range users {
		place := f.enter(0)
		for range iterations {
			row, err := f.row(0, &place[0])
			if err != nil {
				break
			}
			rows = append(rows, row)
			if d.Per == plan.PerUser {
				break // it keeps its row
			}
		}
	}
	return rows
}

// A pass over the rows gives each exactly once, whatever their number.
func TestEveryRowOncePerPass(t *testing.T) {
	for _, n := range []int{1, 2, 3, 4, 5, 16, 17, 100, 1000, 1025} {
		for _, order := range []plan.Order{plan.Sequential, plan.Shuffle, plan.Unique} {
			for _, per := range []plan.Per{plan.PerUser, plan.PerIteration} {
				d := plan.Data{Rows: n, Order: order, Per: per}
				if order == plan.Unique {
					d.OnExhausted = plan.StopUser
				}
				const passes = 3
				users, iterations := n*passes, 1
				if per == plan.PerIteration {
					users, iterations = 1, n*passes
				}
				rows := hands(t, d, newWindow(0, 1), users, iterations)
				want := passes * n
				if order == plan.Unique {
					want = n
				}
				if len(rows) != want {
					t.Fatalf("%d rows, order %d, per %d: %d were handed out", n, order, per, len(rows))
				}
				for pass := 0; pass < len(rows); pass += n {
					if !permutation(rows[pass:pass+n], n) {
						t.Fatalf("%d rows, order %d, per %d: pass %d is %v", n, order, per, pass/n, rows[pass:pass+n])
					}
				}
			}
		}
	}
}

// permutation reports whether rows are 0 to n-1, each once.
func permutation(rows []int, n int) bool {
	seen := make([]bool, n)
	for _, row := range rows {
		if row < 0 || row >= n || seen[row] {
			return false
		}
		seen[row] = true
	}
	return len(rows) == n
}

// The parts of a run that is spread hand out, together, what one generator
// would: every row of a pass once, and none twice.
func TestPartsDoNotOverlap(t *testing.T) {
	for _, parts := range []int{1, 2, 3, 7} {
		for _, n := range []int{1, 5, 100, 1001} {
			for _, order := range []plan.Order{plan.Sequential, plan.Shuffle, plan.Unique} {
				for _, per := range []plan.Per{plan.PerUser, plan.PerIteration, plan.PerShared} {
					if per == plan.PerShared && order != plan.Unique {
						continue // all users walk the same rows
					}
					d := plan.Data{Rows: n, Order: order, Per: per, OnExhausted: plan.StopUser}
					var all []int
					for part := range parts {
						users, iterations := n, 1
						if per != plan.PerUser {
							users, iterations = 3, n
						}
						all = append(all, hands(t, d, newWindow(part, parts), users, iterations)...)
					}
					if !permutation(all, n) {
						t.Errorf("%d parts of %d rows, order %d, per %d: %v", parts, n, order, per, all)
					}
				}
			}
		}
	}
	shared := plan.Data{Rows: 5, Order: plan.Shuffle, Per: plan.PerShared}
	if one, two := hands(t, shared, newWindow(0, 2), 1, 12), hands(t, shared, newWindow(1, 2), 1, 12); !slices.Equal(one, two) {
		t.Errorf("a shared sequence differs between parts: %v, %v", one, two)
	}
}

// Parts that recycle stay apart in every pass, as long as they are at the
// same position.
func TestPartsRecycle(t *testing.T) {
	const n, parts, passes = 12, 3, 4
	d := plan.Data{Rows: n, Order: plan.Shuffle, Per: plan.PerIteration}
	by := make([][]int, parts)
	for part := range by {
		by[part] = hands(t, d, newWindow(part, parts), 1, n*passes/parts)
	}
	for pass := range passes {
		var all []int
		for _, rows := range by {
			all = append(all, rows[pass*n/parts:(pass+1)*n/parts]...)
		}
		if !permutation(all, n) {
			t.Errorf("pass %d: %v", pass, all)
		}
	}
}

// Endless rows are numbered through the run, and those of random order stay
// within the table.
func TestEndlessAndRandom(t *testing.T) {
	var all []int
	for part := range 3 {
		all = append(all, hands(t, plan.Data{Endless: true, Per: plan.PerIteration}, newWindow(part, 3), 2, 50)...)
	}
	if !permutation(all, 300) {
		t.Errorf("endless rows: %v", all)
	}
	for _, per := range []plan.Per{plan.PerUser, plan.PerIteration, plan.PerShared} {
		rows := hands(t, plan.Data{Rows: 9, Order: plan.Random, Per: per}, newWindow(1, 2), 300, 300)
		if slices.Min(rows) < 0 || slices.Max(rows) > 8 || len(slices.Compact(slices.Sorted(slices.Values(rows)))) != 9 {
			t.Errorf("random, per %d: not every row, or one that is not there", per)
		}
	}
}

// Many readers at once never get the same row of a pass.
func TestManyReaders(t *testing.T) {
	const users, each = 16, 500
	d := plan.Data{Rows: users * each, Order: plan.Shuffle, Per: plan.PerIteration, OnExhausted: plan.StopUser}
	f := newFeed(&plan.Plan{Seed: 2, Data: []plan.Data{d}, Classes: []plan.Class{{}}}, newWindow(0, 1))
	got := make([][]int, users)
	var all sync.WaitGroup
	for u := range got {
		place := f.enter(0)
		all.Go(func() {
			for range each {
				row, err := f.row(0, &place[0])
				if err != nil {
					t.Error(err)
					return
				}
				got[u] = append(got[u], row)
			}
		})
	}
	all.Wait()
	if rows := slices.Concat(got...); !permutation(rows, users*each) {
		t.Error("a row came twice, or never")
	}
	place := f.enter(0)
	if _, err := f.row(0, &place[0]); err == nil {
		t.Error("a row is left")
	}
}

// A user that is a new one in every iteration gets, in each, the row of the
// next user in line, and none that another user keeps.
func TestRowsOfFreshUsers(t *testing.T) {
	p := &plan.Plan{
		Seed:    5,
		Data:    []plan.Data{{Rows: 1000, Order: plan.Unique, OnExhausted: plan.StopUser}, {Rows: 50, Order: plan.Random, Per: plan.PerIteration}},
		Classes: []plan.Class{{Lifetime: plan.LifetimeIteration}, {}},
	}
	f := newFeed(p, newWindow(0, 1))
	const users, tasks = 4, 20
	var mu sync.Mutex
	var rows []int
	var random [][]int
	var all sync.WaitGroup
	for range users {
		fresh, old := f.enter(0), f.enter(1)
		kept, err := f.row(0, &old[0])
		if err != nil {
			t.Fatal(err)
		}
		mu.Lock()
		rows = append(rows, kept)
		mu.Unlock()
		all.Go(func() {
			var own, drawn []int
			for range tasks {
				row, err := f.row(0, &fresh[0])
				again, _ := f.row(0, &fresh[0])
				if err != nil || row != again {
					t.Errorf("one task reads row %d and row %d: %v", row, again, err)
				}
				other, _ := f.row(1, &fresh[1])
				own, drawn = append(own, row), append(drawn, other)
				f.renew(0, fresh)
			}
			mu.Lock()
			defer mu.Unlock()
			rows, random = append(rows, own...), append(random, drawn)
		})
	}
	all.Wait()
	if !permutation(rows, users+users*tasks) {
		t.Errorf("rows %v", rows)
	}
	for i := range random[1:] {
		if slices.Equal(random[i], random[i+1]) {
			t.Error("two users draw the same rows")
		}
	}
	old := f.enter(1)
	before := old[0]
	f.renew(1, old)
	if old[0] != before {
		t.Error("a user that lasts was renewed")
	}
}

// Sensitive values of rows are hidden in what is told about a failure: those
// of any row of a table, and of generated rows those of the user at hand.
func TestSensitiveRowsAreHidden(t *testing.T) {
	res := ok(500)
	res.Body = []byte("card-0001, card-0999 and pin 700001; 12")
	r := &plan.Request{Method: "GET", Path: plan.Literal("/"), Query: []plan.Pair{{Name: "pin", Value: &plan.Column{Data: 1}}}}
	p := testPlan(r)
	p.Data = []plan.Data{
		{Name: "cards", Rows: 1000, Columns: []plan.DataColumn{{Name: "card", Sensitive: true}, {Name: "n"}}},
		{Name: "pins", Endless: true, Columns: []plan.DataColumn{{Name: "pin", Sensitive: true, Make: plan.Func(func(f *plan.Frame) (plan.Value, error) {
			return plan.IntValue(700001 + f.Each), nil
		})}}},
	}
	for i := range 1000 {
		p.Data[0].Columns[0].Append(plan.StringValue(fmt.Sprintf("card-%04d", i)))
		p.Data[0].Columns[1].Append(plan.IntValue(12))
	}
	p.Data[0].Protect()
	s := &script{clock: transport.NewClock(), answers: []transport.Result{res}}
	env := NewEnv(Config{Plan: p, Clock: s.clock, Factory: s})
	rec := record.New(record.Config{Series: 1, Shards: 1})
	u := New(env, ID{}, rec.Writer(0))
	u.request(r)
	e := rec.Snapshot(0, true).Errors[0]
	if !strings.HasSuffix(e.Answer, "\n(secret), (secret) and pin (secret); 12") || !strings.HasPrefix(e.Sent, "GET /?pin=(secret)\n") {
		t.Errorf("sent:\n%s\nanswer:\n%s", e.Sent, e.Answer)
	}
}
