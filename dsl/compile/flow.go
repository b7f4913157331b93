package compile

// flow is what the definite-assignment pass knows of the session at one step.
type flow struct {
	certain nameSet // hold a value whenever the step is reached
	pending nameSet // can hold a value when the step is reached
	dead    bool    // the step is never reached: one before it leaves
}

func newFlow() flow {
	numbers := map[string]int{}
	return flow{certain: nameSet{numbers: numbers}, pending: nameSet{numbers: numbers}}
}

func (f flow) clone() flow {
	return flow{certain: f.certain.clone(), pending: f.pending.clone(), dead: f.dead}
}

// assign notes that a value is there from here on.
func (f *flow) assign(name string) {
	f.certain.add(name)
	f.pending.add(name)
}

// pend notes that a value can be there from here on.
func (f *flow) pend(name string) { f.pending.add(name) }

// join is what is known where two ways meet: what is certain on both, what
// can be on either. A way that leaves does not count.
func (f flow) join(other flow) flow {
	switch {
	case f.dead:
		return other
	case other.dead:
		return f
	}
	out := f.clone()
	out.certain.keep(other.certain)
	out.pending.merge(other.pending)
	return out
}

// both is what is known after two lists of steps that are both done.
func (f flow) both(other flow) flow {
	out := f.clone()
	out.certain.merge(other.certain)
	out.pending.merge(other.pending)
	out.dead = f.dead || other.dead
	return out
}

// perhaps is what is known after steps that may not have been done at all.
func (f flow) perhaps(done flow) flow {
	out := f.clone()
	out.pending.merge(done.pending)
	return out
}

// nameSet is a set of names, as bits: the pass copies what it knows at every
// branch. Sets of one class share the numbers of the names.
type nameSet struct {
	numbers map[string]int
	bits    []uint64
}

func (s *nameSet) add(name string) {
	n, ok := s.numbers[name]
	if !ok {
		n = len(s.numbers)
		s.numbers[name] = n
	}
	for len(s.bits) <= n/64 {
		s.bits = append(s.bits, 0)
	}
	s.bits[n/64] |= 1 << (n % 64)
}

func (s nameSet) has(name string) bool {
	n, ok := s.numbers[name]
	return ok && n/64 < len(s.bits) && s.bits[n/64]&(1<<(n%64)) != 0
}

func (s nameSet) clone() nameSet { return nameSet{s.numbers, append([]uint64(nil), s.bits...)} }

// merge adds what is in other.
func (s *nameSet) merge(other nameSet) {
	for len(s.bits) < len(other.bits) {
		s.bits = append(s.bits, 0)
	}
	for i, w := range other.bits {
		s.bits[i] |= w
	}
}

// keep takes out what is not in other.
func (s *nameSet) keep(other nameSet) {
	for i := range s.bits {
		if i < len(other.bits) {
			s.bits[i] &= other.bits[i]
		} else {
			s.bits[i] = 0
		}
	}
}

// drop takes out what is in other.
func (s *nameSet) drop(other nameSet) {
	for i := range min(len(s.bits), len(other.bits)) {
		s.bits[i] &^= other.bits[i]
	}
}
