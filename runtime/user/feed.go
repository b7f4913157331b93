package user

import (
	"fmt"
	"math/bits"
	"slices"
	"sync/atomic"

	"throng/dsl/plan"
	"throng/runtime/pace"
)

// feed hands out the rows of the plan's data sources. A row follows from the
// position of its reader alone; positions are
//   - the reader's rank among the users whose class reads the source, for
//     rows that are kept per user: the same in every run of a plan;
//   - the order of reading, for rows per iteration;
//   - the reader's own count of reads, for shared sequences: all users get
//     the same row at the same position.
type feed struct {
	seed    uint64
	sources []source
}

type source struct {
	data  *plan.Data
	reads []bool // by class
	users int64  // readers so far; written by the engine's one goroutine
	next  atomic.Int64
}

// exhausted reports that a source has no row left for its reader.
type exhausted struct{ data *plan.Data }

func (e *exhausted) Error() string {
	return fmt.Sprintf("data %q has no row left after %d", e.data.Name, e.data.Rows)
}

func newFeed(p *plan.Plan) *feed {
	f := &feed{seed: p.Seed, sources: make([]source, len(p.Data))}
	for i := range f.sources {
		s := &f.sources[i]
		s.data = &p.Data[i]
		s.reads = make([]bool, len(p.Classes))
		for c := range p.Classes {
			reads := p.Classes[c].Reads
			s.reads[c] = reads == nil || slices.Contains(reads, i)
		}
	}
	return f
}

// reader is a user's place in every source.
type reader struct{ rank, draws int64 }

// enter gives a new user its ranks. Users enter one after another.
func (f *feed) enter(class int) []reader {
	if len(f.sources) == 0 {
		return nil
	}
	places := make([]reader, len(f.sources))
	for i := range f.sources {
		s := &f.sources[i]
		places[i].rank = s.users
		if s.reads[class] {
			s.users++
		}
	}
	return places
}

// row draws the next row of a source for one reader.
func (f *feed) row(data int, r *reader) (int, error) {
	s := &f.sources[data]
	var at int64
	switch s.data.Per {
	case plan.PerUser:
		at = r.rank
	case plan.PerIteration:
		at = s.next.Add(1) - 1
	case plan.PerShared:
		at = r.draws
	}
	if s.data.Order == plan.Unique && s.data.Per == plan.PerShared {
		at = s.next.Add(1) - 1 // shared and unique at once: unique wins
	}
	row, ok := s.at(at, pace.Mix(f.seed, uint64(data)), r)
	if !ok {
		return 0, &exhausted{s.data}
	}
	r.draws++
	return row, nil
}

// at is the row at a position. Rows that are unique never come again, even
// if the plan says to recycle.
func (s *source) at(at int64, seed uint64, r *reader) (int, bool) {
	n := int64(s.data.Rows)
	if n <= 0 {
		return 0, false
	}
	if s.data.Order == plan.Random {
		key := pace.Mix(seed, uint64(at))
		if s.data.Per == plan.PerIteration {
			key = pace.Mix(seed, uint64(r.rank), uint64(r.draws)) // replayed, whoever reads first
		}
		hi, _ := bits.Mul64(key, uint64(n))
		return int(hi), true
	}
	pass, i := at/n, at%n
	if pass > 0 && (s.data.OnExhausted != plan.Recycle || s.data.Order == plan.Unique) {
		return 0, false
	}
	if s.data.Order == plan.Shuffle {
		i = int64(permute(uint64(i), uint64(n), pace.Mix(seed, uint64(pass))))
	}
	return int(i), true
}

// permute is where i goes in the permutation of 0..n-1 a seed stands for. It
// is a Feistel network over the next power of four, walked until it lands
// below n, so that it needs neither memory nor a lock.
func permute(i, n, seed uint64) uint64 {
	half := (bits.Len64(n-1) + 1) / 2
	low := uint64(1)<<half - 1
	for {
		left, right := i>>half, i&low
		for round := range uint64(4) {
			left, right = right, left^pace.Mix(seed, round, right)&low
		}
		if i = left<<half | right; i < n {
			return i
		}
	}
}
