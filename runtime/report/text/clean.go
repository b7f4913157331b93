package text

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/rivo/uniseg"
)

// maxCluster is how many runes one character on the screen may be made of;
// longer ones are piled-up marks that would smear over their neighbours.
const maxCluster = 12

// Clean makes a string from outside fit to be shown on one line: what moves
// a cursor, changes a direction or cannot be seen is made visible instead.
func Clean(s string) string {
	if plain(s) {
		return s
	}
	var b strings.Builder
	for len(s) > 0 {
		r, size := utf8.DecodeRuneInString(s)
		switch {
		case r == 0x1b:
			b.WriteString("␛")
		case r == utf8.RuneError && size == 1:
			fmt.Fprintf(&b, `\x%02x`, s[0])
		case r < 0x20 || r >= 0x7f && r < 0xa0:
			fmt.Fprintf(&b, `\x%02x`, r)
		case hidden(r):
			fmt.Fprintf(&b, `\u%04x`, r)
		default:
			b.WriteString(s[:size])
		}
		s = s[size:]
	}
	return unpile(b.String())
}

// plain reports whether s is printable ASCII, as nearly all names are.
func plain(s string) bool {
	for i := range len(s) {
		if s[i] < 0x20 || s[i] > 0x7e {
			return false
		}
	}
	return true
}

// hidden reports characters that are not seen but act: direction marks, line
// separators, tags, zero-width spaces. A joiner within an emoji is none.
func hidden(r rune) bool {
	const zeroWidthJoiner = 0x200d
	return r != zeroWidthJoiner && unicode.In(r, unicode.Cf, unicode.Zl, unicode.Zp, unicode.Co) ||
		r == 0x115f || r == 0x1160 || r == 0x3164 || r == 0xffa0 // fillers, blank but letters
}

func unpile(s string) string {
	var b strings.Builder
	state := -1
	for rest := s; len(rest) > 0; {
		var cluster string
		cluster, rest, _, state = uniseg.FirstGraphemeClusterInString(rest, state)
		if utf8.RuneCountInString(cluster) > maxCluster {
			n := 0
			for i := range cluster {
				if n++; n > maxCluster {
					cluster = cluster[:i]
					break
				}
			}
		}
		b.WriteString(cluster)
	}
	return b.String()
}

// Width is how many cells s takes on a screen.
func Width(s string) int {
	if plain(s) {
		return len(s)
	}
	return uniseg.StringWidth(s)
}

// head is the longest start of s that takes at most width cells.
func head(s string, width int) string {
	state, used := -1, 0
	for rest := s; len(rest) > 0; {
		var w int
		_, next, w, newState := uniseg.FirstGraphemeClusterInString(rest, state)
		if used+w > width {
			return s[:len(s)-len(rest)]
		}
		used, rest, state = used+w, next, newState
	}
	return s
}

// tail is the longest end of s that takes at most width cells.
func tail(s string, width int) string {
	over := Width(s) - width
	state := -1
	for rest := s; len(rest) > 0; {
		if over <= 0 {
			return rest
		}
		var w int
		_, rest, w, state = uniseg.FirstGraphemeClusterInString(rest, state)
		over -= w
	}
	return ""
}

// Cut shortens s at its end to width cells, with an ellipsis.
func (st Style) Cut(s string, width int) string {
	if Width(s) <= width {
		return s
	}
	e := st.Text("…")
	if width <= Width(e) {
		return head(s, width)
	}
	return head(s, width-Width(e)) + e
}

// Shorten makes a route's name fit into width cells by leaving out its
// middle: the method and the last segment stay, as do as many segments of
// the front as there is room for.
func (st Style) Shorten(name string, width int) string {
	if Width(name) <= width {
		return name
	}
	e := st.Text("…")
	method, path := "", name
	if i := strings.IndexByte(name, ' '); i > 0 && i < 12 && strings.HasPrefix(name[i+1:], "/") {
		method, path = name[:i+1], name[i+1:]
	}
	last := strings.LastIndexByte(path, '/')
	if last < 0 {
		return st.middle(name, width)
	}
	end := path[last:]
	room := width - Width(method) - Width(e) - Width(end)
	if room < 0 {
		if rest := width - Width(method) - Width(e); rest >= 4 {
			return method + e + tail(end, rest)
		}
		return st.middle(name, width)
	}
	front := head(path[:last], max(room, 0))
	if i := strings.LastIndexByte(front, '/'); i >= 0 && front != path[:last] {
		front = front[:i+1]
	}
	if front == "/" {
		front = ""
	}
	return method + front + e + end
}

// ending makes a route's name fit by leaving out the front of its path.
func (st Style) ending(name string, width int) string {
	e := st.Text("…")
	method := ""
	if i := strings.IndexByte(name, ' '); i > 0 && i < 12 {
		method = name[:i+1]
	}
	rest := width - Width(method) - Width(e)
	if Width(name) <= width || rest < 4 {
		return st.Shorten(name, width)
	}
	return method + e + tail(name, rest)
}

func (st Style) middle(s string, width int) string {
	e := st.Text("…")
	room := width - Width(e)
	if room < 2 {
		return head(s, max(width, 0))
	}
	front := head(s, (room+1)/2)
	return front + e + tail(s, room-Width(front))
}
