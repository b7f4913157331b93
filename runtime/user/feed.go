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
//
// A run may be spread over several generators of one plan. Positions are then
// those of the whole run: part i of n has the positions i, i+n, i+2n, …, so
// that no two of them hand out the same row of a pass, without a word between
// them. Positions of shared sequences are the same everywhere.
type feed struct {
	seed    uint64
	part    window
	sources []source
	fresh   []bool // by class: its users are new ones in every iteration
}

// window is what part of the positions belongs to a generator.
type window struct{ first, step int64 }

// position is the n-th position of the part.
func (w window) position(n int64) int64 { return w.first + n*w.step }

// newWindow is part i of n; the whole where n is 0.
func newWindow(part, parts int) window {
	if parts <= 1 {
		return window{0, 1}
	}
	return window{int64(part), int64(parts)}
}

type source struct {
	data  *plan.Data
	reads []bool       // by class
	users atomic.Int64 // readers so far
	next  atomic.Int64 // reads so far, of rows per iteration
}

// exhausted reports that a source has no row left for its reader.
type exhausted struct{ data *plan.Data }

func (e *exhausted) Error() string {
	return fmt.Sprintf("data %q has no row left after %d", e.data.Name, e.data.Rows)
}

func newFeed(p *plan.Plan, w window) *feed {
	f := &feed{seed: p.Seed, part: w, sources: make([]source, len(p.Data)), fresh: make([]bool, len(p.Classes))}
	for c := range p.Classes {
		f.fresh[c] = p.Classes[c].Lifetime == plan.LifetimeIteration
	}
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

// reader is a user's place in a source: its rank, how often it has read, and
// the place of the row it keeps, unset for one that is yet to be given.
type reader struct{ rank, draws, kept int64 }

const unset = -1

// enter gives a new user its ranks. Users enter one after another.
func (f *feed) enter(class int) []reader {
	if len(f.sources) == 0 {
		return nil
	}
	places := make([]reader, len(f.sources))
	for i := range f.sources {
		s := &f.sources[i]
		places[i].rank = f.part.position(s.users.Load())
		if s.reads[class] && !(f.fresh[class] && s.data.Per == plan.PerUser) {
			s.users.Add(1)
		}
		places[i].kept = places[i].rank
	}
	f.renew(class, places)
	return places
}

// renew makes the user another one, if its class asks for that: it gets the
// row of the next user in line when it reads one. Until then it takes none.
func (f *feed) renew(class int, places []reader) {
	if !f.fresh[class] {
		return
	}
	for i := range places {
		places[i].kept = unset
	}
}

// row draws the next row of a source for one reader.
func (f *feed) row(data int, r *reader) (int, error) {
	s := &f.sources[data]
	var at int64
	switch {
	case s.data.Per == plan.PerUser:
		if r.kept == unset {
			r.kept = f.part.position(s.users.Add(1) - 1)
		}
		at = r.kept
	case s.data.Per == plan.PerIteration, s.data.Order == plan.Unique: // shared and unique at once: unique wins
		at = f.part.position(s.next.Add(1) - 1)
	default:
		at = r.draws
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
	if s.data.Endless {
		return int(at), true
	}
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
