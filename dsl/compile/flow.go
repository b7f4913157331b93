package compile

import "maps"

// flow is what the definite-assignment pass knows of the session at one step.
type flow struct {
	certain map[string]bool // holds a value whenever the step is reached
	pending map[string]bool // can hold a value when the step is reached
	dead    bool            // the step is never reached: one before it leaves
}

func newFlow() flow { return flow{certain: map[string]bool{}, pending: map[string]bool{}} }

func (f flow) clone() flow {
	return flow{certain: maps.Clone(f.certain), pending: maps.Clone(f.pending), dead: f.dead}
}

// assign notes that a value is there from here on.
func (f flow) assign(name string) { f.certain[name], f.pending[name] = true, true }

// join is what is known where two ways meet: what is certain on both, what
// can be on either. A way that leaves does not count.
func (f flow) join(other flow) flow {
	switch {
	case f.dead:
		return other
	case other.dead:
		return f
	}
	out := newFlow()
	for name := range f.certain {
		if other.certain[name] {
			out.certain[name] = true
		}
	}
	maps.Copy(out.pending, f.pending)
	maps.Copy(out.pending, other.pending)
	return out
}

// both is what is known after two lists of steps that are both done.
func (f flow) both(other flow) flow {
	out := f.clone()
	maps.Copy(out.certain, other.certain)
	maps.Copy(out.pending, other.pending)
	out.dead = f.dead || other.dead
	return out
}

// perhaps is what is known after steps that may not have been done at all.
func (f flow) perhaps(done flow) flow {
	out := f.clone()
	maps.Copy(out.pending, done.pending)
	return out
}
