package plan

import (
	"slices"
	"strings"
)

// Mask hides a plan's secrets in texts that are shown or written: sensitive
// variables and what is made of them, and the sensitive columns of data,
// however many rows there are. It may be used by many at once.
//
// A column may hold a million secrets, so they are not searched for one by
// one. A text is scanned once; at each of its positions one bit says whether
// any secret can begin there, and where one can, the hashes of what follows
// are looked up in a table. Its time does not depend on the number of
// secrets. A secret is hidden where a text has the same hash of 64 bits.
type Mask struct {
	sets []*wordSet
	with string
}

// Mask hides the plan's secrets behind ***.
func (p *Plan) Mask() *Mask { return p.MaskWith("***") }

// MaskWith hides the plan's secrets behind a text.
func (p *Plan) MaskWith(text string) *Mask {
	m := &Mask{with: text}
	if len(p.Secrets) > 0 {
		w := &words{shortest: 1}
		for _, s := range p.Secrets {
			w.addForms(s)
		}
		m.sets = append(m.sets, w.done())
	}
	for i := range p.Data {
		if h := p.Data[i].hidden; h != nil {
			m.sets = append(m.sets, h)
		}
	}
	return m
}

// Texts hides more texts beside those m hides.
func (m *Mask) Texts(more []string) *Mask {
	w := &words{shortest: shortestSecret}
	for _, s := range more {
		w.addForms(s)
	}
	set := w.done()
	if set == nil {
		return m
	}
	return &Mask{sets: append(slices.Clone(m.sets), set), with: m.with}
}

// Empty reports whether there is no secret to replace.
func (m *Mask) Empty() bool { return len(m.sets) == 0 }

// Replace is s with every secret replaced: at each place the longest one that
// stands there, so that one that is part of another leaves no remains.
func (m *Mask) Replace(s string) string {
	if len(m.sets) == 0 {
		return s
	}
	var out strings.Builder
	done := 0
	for i := 0; i < len(s); {
		n := 0
		for _, set := range m.sets {
			n = max(n, set.match(s[i:]))
		}
		if n == 0 {
			i++
			continue
		}
		out.WriteString(s[done:i])
		out.WriteString(m.with)
		i += n
		done = i
	}
	if done == 0 {
		return s
	}
	out.WriteString(s[done:])
	return out.String()
}

// shortestSecret is the length from which on values of data are hidden: to
// hide shorter ones would garble ordinary text.
const shortestSecret = 4

// Protect makes the values of sensitive columns known to the plan's masks. It
// is called when the rows are complete. A generated column is left out: its
// values are made when they are read.
func (d *Data) Protect() {
	w := &words{shortest: shortestSecret}
	for i := range d.Columns {
		c := &d.Columns[i]
		if !c.Sensitive || c.Make != nil {
			continue
		}
		for row := range d.Rows {
			w.addValue(c.At(row))
		}
	}
	d.hidden = w.done()
}
