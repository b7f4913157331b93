package plan

import "math/rand/v2"

// Once is what a run does once: setup before the first user, teardown after
// the last, each by a user of its own. Its requests are no part of the run's
// figures, so it is a plan of its own, with the run's targets, data and sites
// and one class, whose Start is the setup and whose Stop is the teardown. The
// class's slots are what the run's users read as `setup`.
type Once struct {
	Plan *Plan
}

// Class is the class that does the setup and the teardown.
func (o *Once) Class() *Class { return &o.Plan.Classes[0] }

// AfterSetup is the plan as it goes on when its setup is done and its session
// values are known, in slot order: with the rows of data that were waiting
// for them. The error says what is wrong with such rows.
func (p *Plan) AfterSetup(values []Value) (*Plan, error) {
	known := *p
	known.Setup = values
	known.Data = append([]Data(nil), p.Data...)
	f := &Frame{Plan: &known, Rand: rand.New(rand.NewPCG(p.Seed, 0)), Private: make([]any, len(p.Fallbacks))}
	for i := range known.Data {
		d := &known.Data[i]
		if d.From == nil {
			continue
		}
		rows, err := d.From.Eval(f)
		if err != nil {
			return nil, err
		}
		if err := d.Fill(rows); err != nil {
			return nil, err
		}
	}
	return &known, nil
}

// SetupValue reads a value that setup left.
type SetupValue struct {
	Slot int
	Name string
	Site SiteID
}

// Eval returns the value.
func (s *SetupValue) Eval(f *Frame) (Value, error) {
	if s.Slot >= len(f.Plan.Setup) || f.Plan.Setup[s.Slot].kind == Missing {
		return Value{}, &EvalError{Site: s.Site, Class: FailExpression, Message: "setup." + s.Name + " holds no value: no step of setup that was done captured it. Where only a branch does, the others need a set, or the reader try(setup." + s.Name + ", null)"}
	}
	return f.Plan.Setup[s.Slot], nil
}

// Describe is setup.NAME.
func (s *SetupValue) Describe(*Plan) string { return "setup." + s.Name }
