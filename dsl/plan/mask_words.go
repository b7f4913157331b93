package plan

import (
	"bytes"
	"encoding/base64"
	"math/bits"
	"net/url"
	"slices"
	"strings"
)

const (
	headLen   = 4  // bytes whose hash says whether a word can begin at a place
	prefixLen = 16 // length up to which every length of a word is tried
)

// wordSet is a set of words that finds the longest of them at the beginning
// of a text. It keeps hashes, not the words.
type wordSet struct {
	heads []uint64            // a bit for the hash of the first headLen bytes of each word
	tiny  bool                // there are words shorter than that
	short [prefixLen + 1]bool // lengths there are
	long  []int               // and those beyond, ascending
	table []uint64            // open addressing over a power of two, at most 3/4 full; 0 is free
}

// words collects what a wordSet is made of.
type words struct {
	shortest int // words below this length are not taken
	count    int // hashes in the set's table
	heads    []uint32
	set      wordSet
	lengths  map[int]bool // beyond prefixLen
	forms    []byte
}

// addValue adds the texts within a value.
func (w *words) addValue(v Value) {
	switch v.kind {
	case Null, Missing, Bool:
	case List:
		for _, item := range v.Items() {
			w.addValue(item)
		}
	case Object:
		for _, f := range v.Fields() {
			w.addValue(f.Value)
		}
	default:
		w.addForms(v.Text())
	}
}

// addForms adds a text as it is, as URLs and JSON write it, and in base64,
// each form once.
func (w *words) addForms(s string) {
	if len(s) < w.shortest || s == "" {
		return
	}
	w.add(s)
	forms := w.forms[:0]
	if !plain(s) {
		for _, html := range []bool{false, true} {
			from := len(forms)
			forms = AppendJSONString(forms, s, html)
			w.addForm(s, forms[from+1:len(forms)-1])
		}
		for _, enc := range []Encoding{EncQuery, EncSegment, EncPath} {
			from := len(forms)
			forms, _ = AppendEncoded(forms, StringValue(s), enc)
			w.addForm(s, forms[from:])
		}
		if strings.Contains(s, " ") {
			w.add(url.QueryEscape(s))
		}
	}
	from := len(forms)
	forms = base64.StdEncoding.AppendEncode(forms, []byte(s))
	addWord(w, forms[from:])
	if forms[len(forms)-1] == '=' {
		addWord(w, bytes.TrimRight(forms[from:], "="))
	}
	if bytes.ContainsAny(forms[from:], "+/") {
		w.add(base64.RawURLEncoding.EncodeToString([]byte(s)))
	}
	w.forms = forms
}

// addForm adds a form of s that differs from it.
func (w *words) addForm(s string, form []byte) {
	if string(form) != s {
		addWord(w, form)
	}
}

// plain reports whether URLs and JSON write a text as it is.
func plain(s string) bool {
	for i := range len(s) {
		switch b := s[i]; {
		case 'a' <= b && b <= 'z', 'A' <= b && b <= 'Z', '0' <= b && b <= '9', b == '-', b == '_', b == '.', b == '~':
		default:
			return false
		}
	}
	return true
}

func (w *words) add(s string) { addWord(w, s) }

func addWord[T string | []byte](w *words, s T) {
	if len(s) == 0 {
		return
	}
	h := fnvOffset
	for i := range len(s) {
		h = fnv(h, s[i])
		switch {
		case i+1 == headLen:
			w.heads = append(w.heads, uint32(finish(h)>>32))
		case i+1 == prefixLen && len(s) > prefixLen:
			w.insert(finish(h + 1))
		}
	}
	w.insert(finish(h))
	switch {
	case len(s) > prefixLen:
		if w.lengths == nil {
			w.lengths = map[int]bool{}
		}
		w.lengths[len(s)] = true
		return
	case len(s) < headLen:
		w.set.tiny = true
	}
	w.set.short[len(s)] = true
}

// done is the set of the words, nil when there are none.
func (w *words) done() *wordSet {
	if w.count == 0 {
		return nil
	}
	s := w.set
	for n := range w.lengths {
		s.long = append(s.long, n)
	}
	slices.Sort(s.long)
	size := 1 << bits.Len(uint(16*len(w.heads)))
	s.heads = make([]uint64, max(64, min(size, 1<<24)/64))
	for _, h := range w.heads {
		h %= uint32(64 * len(s.heads))
		s.heads[h/64] |= 1 << (h % 64)
	}
	return &s
}

// insert puts a hash into the table, which grows with what it holds.
func (w *words) insert(h uint64) {
	if old := w.set.table; 4*(w.count+1) > 3*len(old) {
		w.set.table, w.count = make([]uint64, max(16, 2*len(old))), 0
		for _, h := range old {
			if h != 0 {
				w.insert(h)
			}
		}
	}
	table := w.set.table
	for i := h & uint64(len(table)-1); table[i] != h; i = (i + 1) & uint64(len(table)-1) {
		if table[i] == 0 {
			table[i] = h
			w.count++
			return
		}
	}
}

func (s *wordSet) has(h uint64) bool {
	for i := h & uint64(len(s.table)-1); ; i = (i + 1) & uint64(len(s.table)-1) {
		switch s.table[i] {
		case 0:
			return false
		case h:
			return true
		}
	}
}

// match is the length of the longest word at the beginning of a text, 0 for
// none.
func (s *wordSet) match(text string) (n int) {
	h := fnvOffset
	for i := range min(len(text), prefixLen) {
		h = fnv(h, text[i])
		if i+1 == headLen {
			head := uint32(finish(h)>>32) % uint32(64*len(s.heads))
			if s.heads[head/64]&(1<<(head%64)) == 0 {
				return n
			}
		}
		if (i+1 >= headLen || s.tiny) && s.short[i+1] && s.has(finish(h)) {
			n = i + 1
		}
	}
	if len(s.long) == 0 || len(text) <= prefixLen || !s.has(finish(h+1)) {
		return n
	}
	at := prefixLen
	for _, length := range s.long {
		if length > len(text) {
			break
		}
		for ; at < length; at++ {
			h = fnv(h, text[at])
		}
		if s.has(finish(h)) {
			n = length
		}
	}
	return n
}

// The hash is FNV-1a of 64 bits, which grows byte by byte, with a finalizer.
// https://datatracker.ietf.org/doc/html/draft-eastlake-fnv

const fnvOffset uint64 = 14695981039346656037

func fnv(h uint64, b byte) uint64 { return (h ^ uint64(b)) * 1099511628211 }

// finish spreads a hash over all bits. It is never 0.
func finish(h uint64) uint64 {
	h = (h ^ h>>33) * 0xff51afd7ed558ccd
	h = (h ^ h>>33) * 0xc4ceb9fe1a85ec53
	return max(h^h>>33, 1)
}
