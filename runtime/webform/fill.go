package webform

import (
	"slices"
	"strings"
)

// Entry is one field of a form as it is sent. A file has no content: nobody
// has chosen one.
type Entry struct {
	Name, Value string
	File        bool
}

// Has reports whether a control of the form has this name.
func (f *Form) Has(name string) bool { return f.index(name) >= 0 }

func (f *Form) index(name string) int {
	return slices.IndexFunc(f.controls, func(c control) bool { return c.name == name })
}

// IsFile reports whether a file is sent under this name.
func (f *Form) IsFile(name string) bool {
	i := f.index(name)
	return i >= 0 && f.controls[i].kind == file
}

// Names are the names of the form's controls, in its order and each once, but
// at most so many.
func (f *Form) Names(most int) []string {
	var all []string
	for i := range f.controls {
		if len(all) == most {
			break
		}
		if name := f.controls[i].name; !slices.Contains(all, name) {
			all = append(all, name)
		}
	}
	return all
}

// Set fills in the controls of this name: the first one sends all of the
// values, in its place, and the others nothing. Values are not held against
// what the page offers: its scripts might offer others.
func (f *Form) Set(name string, values ...string) {
	for i := range f.controls {
		if c := &f.controls[i]; c.name == name {
			c.values = values
			values = nil
		}
	}
}

// Check checks the checkbox or presses the button of this name, or unchecks
// all of them, and reports whether there is one. Of several the first is
// checked.
func (f *Form) Check(name string, on bool) bool {
	i := f.index(name)
	if i < 0 || f.controls[i].kind != tick && f.controls[i].kind != button {
		return false
	}
	if f.Set(name); on {
		f.controls[i].values = []string{f.controls[i].offer}
	}
	return true
}

// Entries are what the form sends, in its order. Line breaks are CRLF, as
// forms send them.
func (f *Form) Entries() []Entry {
	var all []Entry
	for i := range f.controls {
		c := &f.controls[i]
		for _, v := range c.values {
			all = append(all, Entry{breaks(c.name), breaks(v), c.kind == file})
		}
	}
	return all
}

func breaks(s string) string {
	if !strings.ContainsAny(s, "\r\n") {
		return s
	}
	return strings.NewReplacer("\r\n", "\r\n", "\r", "\r\n", "\n", "\r\n").Replace(s)
}

// AppendURLEncoded appends entries as a browser writes them into a query or a
// body of type application/x-www-form-urlencoded.
func AppendURLEncoded(dst []byte, entries []Entry) []byte {
	for i, e := range entries {
		if i > 0 {
			dst = append(dst, '&')
		}
		dst = append(encode(dst, e.Name), '=')
		dst = encode(dst, e.Value)
	}
	return dst
}

func encode(dst []byte, s string) []byte {
	for i := range len(s) {
		switch b := s[i]; {
		case 'a' <= b && b <= 'z', 'A' <= b && b <= 'Z', '0' <= b && b <= '9', b == '*', b == '-', b == '.', b == '_':
			dst = append(dst, b)
		case b == ' ':
			dst = append(dst, '+')
		default:
			dst = append(dst, '%', "0123456789ABCDEF"[b>>4], "0123456789ABCDEF"[b&15])
		}
	}
	return dst
}
