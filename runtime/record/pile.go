package record

import (
	"slices"
	"sync"

	hdr "github.com/HdrHistogram/hdrhistogram-go"
)

// pile is what a shard has of one distribution since the last snapshot: the
// values themselves while they are few, from then on a dense histogram. Of
// thousands of series most have few values between two snapshots, and a
// histogram each would drive all else out of the processor's caches, and cost
// every snapshot a walk through all its steps.
type pile struct {
	few   []int64
	dense *hdr.Histogram // nil while the values are few
}

// mostFew is how many values are kept as they are: 2 KB of them.
const mostFew = 256

// add takes a value of 0 to highest. It returns how many values were lost,
// which the range rules out.
func (p *pile) add(v int64) (lost int64) {
	if p.dense == nil {
		if len(p.few) < mostFew {
			p.few = append(p.few, v)
			return 0
		}
		p.dense = newDense()
		for _, v := range p.few {
			lost += into(p.dense, v)
		}
		p.few = p.few[:0]
	}
	return lost + into(p.dense, v)
}

func into(h interface{ RecordValue(int64) error }, v int64) (lost int64) {
	if h.RecordValue(v) != nil {
		return 1
	}
	return 0
}

// moveTo empties the pile into a packed histogram, which is empty.
func (p *pile) moveTo(packed *hdr.PackedHistogram) (lost int64) {
	if p.dense != nil {
		lost = packed.MergeFrom(p.dense)
		p.dense.Reset()
	}
	slices.Sort(p.few) // a packed histogram takes ascending values at its end
	for _, v := range p.few {
		lost += into(packed, v)
	}
	p.few = p.few[:0]
	return lost
}

// many is from how many distributions on it is cheaper to add them up in a
// dense histogram than one to the other.
const many = 16

// sums are dense histograms in which many distributions are added up.
type sums [numKinds]*hdr.Histogram

var emptied = sync.Pool{New: func() any { return newDense() }} // empty

// add adds a histogram to those of a kind. It returns how many values were
// lost, which the equal geometries rule out.
func (s *sums) add(k kind, p *hdr.PackedHistogram) (lost int64) {
	if s[k] == nil {
		s[k] = emptied.Get().(*hdr.Histogram)
	}
	return p.MergeInto(s[k])
}

// moveTo gives each distribution its sum.
func (s *sums) moveTo(dists *[numKinds]dist) {
	for k, dense := range s {
		if dense == nil {
			continue
		}
		dists[k].packed = newPacked()
		dists[k].beyond += dists[k].packed.MergeFrom(dense)
		dense.Reset()
		emptied.Put(dense)
	}
}
