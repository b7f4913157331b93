package plan

import "fmt"

func (d *dumper) data(t *Data) {
	d.line("data %q %s%s", t.Name, t.origin(), d.at(t.Site))
	d.in(func() {
		d.line("order %s, per %s, then %s", orderNames[t.Order], perNames[t.Per], exhaustedNames[t.OnExhausted])
		if t.From != nil {
			d.line("rows %s", Describe(d.p, t.From))
		}
		for i := range t.Columns {
			c := &t.Columns[i]
			switch {
			case c.Sensitive:
				d.line("column %s = %s …", c.Name, sensitive)
			case c.Make != nil:
				d.line("column %s = %s", c.Name, Describe(d.p, c.Make))
			case t.Rows == 0:
				d.line("column %s", c.Name)
			default:
				d.line("column %s = %s …", c.Name, Describe(d.p, Const{Value: c.At(0)}))
			}
		}
	})
}

// origin says where the rows come from and how many there are.
func (d *Data) origin() string {
	made := len(d.Columns) > 0 && d.Columns[0].Make != nil
	switch {
	case d.File != "":
		return fmt.Sprintf("%s, %d rows, sha256 %.12s", d.File, d.Rows, d.SHA256)
	case d.From != nil && d.Rows == 0:
		return "known after setup"
	case d.Endless:
		return "generated, endless"
	case made:
		return fmt.Sprintf("generated, %d rows", d.Rows)
	}
	return fmt.Sprintf("inline, %d rows", d.Rows)
}
