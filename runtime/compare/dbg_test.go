package compare
import ("testing";"fmt")
func TestDbg(t *testing.T) {
	short := steady
	short.seconds = 60
	sp := steady
	sp.load = spike
	for _, w := range []world{short, sp} {
	m := map[string]int{}
	for i := range 60 {
		c := compared(t, one(w.run(uint64(2*i))), one(w.run(uint64(2*i+1))))
		for _, r := range c.Requests { for _, f := range r.Figures { if f.differs() { m[f.Figure]++; fmt.Println(i, r.Request, f.Figure, *f.Change, *f.Effect, *f.Chance, *f.Adjusted) } } }
	}
	fmt.Println(m)
	}
}
