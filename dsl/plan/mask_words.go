package plan

import (
	"encoding/base64"
	"encoding/json"
	"math/bits"
	"net/url"
	"slices"
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
	table []uint64            // open addressing over a power of two, at most half full; 0 is free
}

// words collects what a wordSet is made of.
type words struct {
	shortest int // words below this length are not taken
	hashes   []uint64
	heads    []uint32
	set      wordSet
	lengths  map[int]bool // beyond prefixLen
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

// addForms adds a text as it is, as URLs and JSON write it, and in base64.
func (w *words) addForms(s string) {
	if len(s) < w.shortest || s == "" {
		return
	}
	w.add(s)
	if !plain(s) {
		quoted := AppendJSONString(nil, s, false)
		w.add(string(quoted[1 : len(quoted)-1]))
		if quoted, err := json.Marshal(s); err == nil {
			w.add(string(quoted[1 : len(quoted)-1]))
		}
		for _, enc := range []Encoding{EncQuery, EncSegment, EncPath} {
			encoded, _ := AppendEncoded(nil, StringValue(s), enc)
			w.add(string(encoded))
		}
		w.add(url.QueryEscape(s))
	}
	w.add(base64.StdEncoding.EncodeToString([]byte(s)))
	w.add(base64.RawURLEncoding.EncodeToString([]byte(s)))
}

// plain reports whether URLs and JSON write a text as it is.
func plain(s string) bool {
	for i := range len(s) {
		b := s[i] | 0x20
		if (b < 'a' || b > 'z') && (s[i] < '0' || s[i] > '9') {
			return false
		}
	}
	return true
}

func (w *words) add(s string) {
	if s == "" {
		return
	}
	h := fnvOffset
	for i := range len(s) {
		h = fnv(h, s[i])
		switch {
		case i+1 == headLen:
			w.heads = append(w.heads, uint32(finish(h)>>32))
		case i+1 == prefixLen && len(s) > prefixLen:
			w.hashes = append(w.hashes, finish(h+1))
		}
	}
	w.hashes = append(w.hashes, finish(h))
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
	if len(w.hashes) == 0 {
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
	s.table = make([]uint64, 1<<bits.Len(uint(2*len(w.hashes))))
	for _, h := range w.hashes {
		s.insert(h)
	}
	return &s
}

func (s *wordSet) insert(h uint64) {
	for i := h & uint64(len(s.table)-1); ; i = (i + 1) & uint64(len(s.table)-1) {
		switch s.table[i] {
		case 0:
			s.table[i] = h
			return
		case h:
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
