package exampleapi

import (
	linked "container/list"
	"strconv"
	"sync"
)

// keptOnShelf is how many records of one kind the cookbook keeps.
const keptOnShelf = 20_000

// A shelf keeps the latest values that were put on it, at most kept; the oldest
// falls off. Unlike a store it lets values be removed, and encodes nothing.
type shelf[T any] struct {
	prefix string // of made-up ids
	kept   int

	mu    sync.Mutex
	next  uint64
	byID  map[string]*linked.Element // of shelved[T]
	order linked.List                // oldest first
}

type shelved[T any] struct {
	id    string
	value T
}

func newShelf[T any](prefix string, kept int) *shelf[T] {
	return &shelf[T]{prefix: prefix, kept: kept, byID: map[string]*linked.Element{}}
}

// add keeps the value that build makes for a new id, and returns it.
func (s *shelf[T]) add(build func(id string) T) T {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.next++
	id := s.prefix + strconv.FormatUint(s.next, 10)
	value := build(id)
	s.push(id, value)
	return value
}

func (s *shelf[T]) push(id string, value T) {
	s.byID[id] = s.order.PushBack(&shelved[T]{id, value})
	if s.order.Len() > s.kept {
		s.drop(s.order.Front())
	}
}

func (s *shelf[T]) drop(e *linked.Element) {
	delete(s.byID, s.order.Remove(e).(*shelved[T]).id)
}

// get returns the value called id. What it refers to must not be changed.
func (s *shelf[T]) get(id string) (value T, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if e := s.byID[id]; e != nil {
		return e.Value.(*shelved[T]).value, true
	}
	return value, false
}

// change lets edit change the value called id, and returns what it has become;
// ok is false if there is none. If edit fails, nothing changes.
func (s *shelf[T]) change(id string, edit func(*T) error) (value T, ok bool, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	e := s.byID[id]
	if e == nil {
		return value, false, nil
	}
	value = e.Value.(*shelved[T]).value
	if err = edit(&value); err == nil {
		e.Value.(*shelved[T]).value = value
	}
	return value, true, err
}

// once returns the value called id, and keeps what build makes if there is
// none; made says that it has. Others who ask for any id wait meanwhile.
func (s *shelf[T]) once(id string, build func() (T, error)) (value T, made bool, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if e := s.byID[id]; e != nil {
		return e.Value.(*shelved[T]).value, false, nil
	}
	if value, err = build(); err != nil {
		return value, false, err
	}
	s.push(id, value)
	return value, true, nil
}

// take removes the value called id and returns it.
func (s *shelf[T]) take(id string) (value T, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	e := s.byID[id]
	if e == nil {
		return value, false
	}
	value = e.Value.(*shelved[T]).value
	s.drop(e)
	return value, true
}

func (s *shelf[T]) len() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.order.Len()
}
