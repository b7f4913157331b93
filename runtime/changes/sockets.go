package changes

import (
	"reflect"
	"strconv"

	"throng/dsl/plan"
)

// overSocket says which socket a step is about, by its name.
func overSocket(w *walker, n *node, _, v reflect.Value) {
	n.add(fact{name: "on", text: w.socket(int(v.Int()))})
}

// socket is the name of a socket of the class at hand.
func (w *walker) socket(number int) string {
	name := strconv.Itoa(number)
	if w.class == nil {
		return name
	}
	w.class.EachStep(func(s plan.Step) {
		if o, ok := s.(*plan.Socket); ok && o.Number == number {
			name = w.clean(o.Name)
		}
	})
	return name
}

// attempts says that a lost connection is made again, and how often that is
// tried.
func attempts(_ *walker, n *node, _, v reflect.Value) {
	text := "until it succeeds"
	if v.Int() > 0 {
		text = strconv.FormatInt(v.Int(), 10)
	}
	n.add(fact{name: "reconnect attempts", text: text})
}
