package plan

import "fmt"

func (w *Window) tolerance() string {
	text := ""
	if w.AllBut > 0 {
		text += fmt.Sprintf(" but %d", w.AllBut)
	}
	if w.For > 0 {
		text += fmt.Sprintf(", broken for %s", w.For)
	}
	return text
}

func (a *Abort) patience() string {
	if a.Grace == 0 {
		return ""
	}
	return fmt.Sprintf(", broken for %s", a.Grace)
}
