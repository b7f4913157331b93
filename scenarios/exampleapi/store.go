package exampleapi

import (
	"strconv"
	"sync"
)

// keptCreations is how many created records a store keeps beside its seeds.
const keptCreations = 50_000

// A record is a stored value with its JSON, encoded once when it is written
// because it is read far more often.
type record[T any] struct {
	id    string
	value T
	json  []byte
}

// A store keeps records in the order of their creation. Seeds stay for ever;
// of created records the oldest is forgotten when there are more than kept.
type store[T any] struct {
	prefix string // of made-up ids: "wf-"
	kept   int

	mu    sync.RWMutex
	seeds []*record[T]
	made  []*record[T] // a ring: the oldest is at head once it is full
	head  int
	byID  map[string]*record[T]
	next  uint64 // the number of the next id
}

func newStore[T any](prefix string, kept int) *store[T] {
	return &store[T]{prefix: prefix, kept: kept, byID: map[string]*record[T]{}, next: 1}
}

// seed adds a record that is never forgotten.
func (s *store[T]) seed(build func(id string) T) {
	rec := s.newRecord(build)
	s.seeds = append(s.seeds, rec)
	s.byID[rec.id] = rec
}

func (s *store[T]) newRecord(build func(id string) T) *record[T] {
	rec := &record[T]{id: s.prefix + strconv.FormatUint(s.next, 10)}
	s.next++
	rec.set(build(rec.id))
	return rec
}

func (r *record[T]) set(value T) {
	r.value = value
	r.json = asJSON(0, value).body
}

// add stores the value that build makes for a new id, and returns its JSON.
func (s *store[T]) add(build func(id string) T) (id string, body []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	rec := s.newRecord(build)
	s.push(rec)
	return rec.id, rec.json
}

func (s *store[T]) push(rec *record[T]) {
	s.byID[rec.id] = rec
	if len(s.made) < s.kept {
		s.made = append(s.made, rec)
		return
	}
	delete(s.byID, s.made[s.head].id)
	s.made[s.head] = rec
	s.head = (s.head + 1) % s.kept
}

// get returns the value called id.
func (s *store[T]) get(id string) (value T, ok bool) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if rec := s.byID[id]; rec != nil {
		return rec.value, true
	}
	return value, false
}

// encoded returns the JSON of the value called id; it must not be changed.
func (s *store[T]) encoded(id string) (body []byte, ok bool) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if rec := s.byID[id]; rec != nil {
		return rec.json, true
	}
	return nil, false
}

// put replaces the value called id by what change makes of it, and returns the
// new JSON. Where there is none, change gets the zero value and false, and its
// value is added. If change fails, nothing changes.
func (s *store[T]) put(id string, change func(old T, found bool) (T, error)) ([]byte, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	rec := s.byID[id]
	var old T
	if rec != nil {
		old = rec.value
	}
	value, err := change(old, rec != nil)
	if err != nil {
		return nil, err
	}
	if rec == nil {
		rec = &record[T]{id: id}
		s.push(rec)
	}
	rec.set(value)
	return rec.json, nil
}

// pageOf is the shape of a page of a list.
type pageOf[T any] struct {
	Items []T `json:"items"`
	Total int `json:"total"` // in the whole list
	Page  int `json:"page"`
	Limit int `json:"limit"`
	Pages int `json:"pages"`
}

// page encodes a pageOf[T]. A page behind the last one is empty.
func (s *store[T]) page(page, limit int) []byte {
	s.mu.RLock()
	defer s.mu.RUnlock()
	total := len(s.seeds) + len(s.made)
	first := min((page-1)*limit, total)
	last := min(first+limit, total)
	out := make([]byte, 0, 80+(last-first)*320)
	out = append(out, `{"items":[`...)
	for i := first; i < last; i++ {
		if i > first {
			out = append(out, ',')
		}
		out = append(out, s.at(i).json...)
	}
	out = append(out, `],"total":`...)
	out = strconv.AppendInt(out, int64(total), 10)
	out = append(out, `,"page":`...)
	out = strconv.AppendInt(out, int64(page), 10)
	out = append(out, `,"limit":`...)
	out = strconv.AppendInt(out, int64(limit), 10)
	out = append(out, `,"pages":`...)
	out = strconv.AppendInt(out, int64((total+limit-1)/limit), 10)
	return append(out, '}')
}

func (s *store[T]) at(i int) *record[T] {
	if i < len(s.seeds) {
		return s.seeds[i]
	}
	return s.made[(s.head+i-len(s.seeds))%len(s.made)]
}

// servePage answers with the page that the query asks for.
func (s *store[T]) servePage(c *call) (reply, error) {
	page, limit, err := c.paging()
	if err != nil {
		return reply{}, err
	}
	return encoded(200, s.page(page, limit)), nil
}

// serveOne answers with the record that the path's :id names; what is the word
// for one of them.
func (s *store[T]) serveOne(what string) handler {
	return func(c *call) (reply, error) {
		body, ok := s.encoded(c.param("id"))
		if !ok {
			return reply{}, missing(what, c.param("id"))
		}
		return encoded(200, body), nil
	}
}
