package pace

// Split deals users or arrivals out to weighted classes, so that after every
// single one each class has its ideal share to within less than one.
//
// Turn n of a class of share w may be taken from n/w on and must be taken by
// (n+1)/w; of the turns that may, the one that must soonest goes first. This
// is earliest-deadline-first over the windows of proportionate-fair
// scheduling, which meets every deadline when the shares sum to one. Ties go
// to the class named first.
type Split struct {
	weights []float64
	total   float64
	dealt   []float64
	turns   float64
}

// NewSplit deals by weights; those that are not above zero are never dealt
// to. When none is above zero, everything goes to class 0.
func NewSplit(weights []float64) *Split {
	s := &Split{weights: make([]float64, len(weights)), dealt: make([]float64, len(weights))}
	for i, w := range weights {
		if w > 0 {
			s.weights[i] = w
			s.total += w
		}
	}
	return s
}

// Next is the class of the next one.
func (s *Split) Next() int {
	s.turns++
	best := -1
	for i, w := range s.weights {
		if w == 0 || s.turns*w <= s.dealt[i]*s.total {
			continue // it has its share already
		}
		if best < 0 || (s.dealt[i]+1)*s.weights[best] < (s.dealt[best]+1)*w {
			best = i
		}
	}
	if best < 0 {
		best = s.behind()
	}
	s.dealt[best]++
	return best
}

// behind is the class that is furthest behind: the answer where rounding
// leaves no class that may be dealt to.
func (s *Split) behind() int {
	best := 0
	for i, w := range s.weights {
		if w > 0 && (s.weights[best] == 0 ||
			s.turns*w-s.dealt[i]*s.total > s.turns*s.weights[best]-s.dealt[best]*s.total) {
			best = i
		}
	}
	return best
}
