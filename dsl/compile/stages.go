package compile

import (
	"fmt"
	"math"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"

	"throng/dsl/config"
	"throng/dsl/diag"
	"throng/dsl/plan"
)

// maxStages bounds how many stages a load has.
const maxStages = 10_000

func (l loadBlock) stagesLoad(a *config.Arg) (plan.Load, bool) {
	c, b := l.c, l.Block
	v, _, ok := c.known(b, "stages", cty.DynamicPseudoType)
	if !ok {
		return plan.Load{}, false
	}
	for _, other := range []string{"duration", "hold", "spawn_rate"} {
		if x := b.Arg(other); x != nil {
			c.fail(b, diag.ConflictingArguments, x.Range, "%s cannot stand beside stages: each stage says its own over and hold.", other)
			return plan.Load{}, false
		}
	}
	if v.Type().IsPrimitiveType() || v.Type().IsObjectType() || !v.CanIterateElements() || v.LengthInt() == 0 {
		c.fail(b, diag.InvalidProfile, a.Expr.Range(), "stages must be a list of at least one stage: [{ users = 10, over = \"30s\", hold = \"2m\" }, …].")
		return plan.Load{}, false
	}
	if n := v.LengthInt(); n > maxStages {
		c.fail(b, diag.OutOfRange, a.Expr.Range(), "These are %d stages, and a load has at most %d.", n, maxStages)
		return plan.Load{}, false
	}
	if l.profile && c.options.Duration != nil {
		l.ending() // which refuses it
		return plan.Load{}, false
	}
	load, kind, ok := l.readStages(v, a)
	if !ok || !l.bounds(&load) {
		return load, false
	}
	switch {
	case load.Duration == 0:
		c.fail(b, diag.InvalidProfile, a.Expr.Range(), "The stages last no time at all: give them over or hold.")
		return load, false
	case highest(load.Stages) == 0:
		c.fail(b, diag.NoLoad, a.Expr.Range(), "Every stage is at 0, so nothing would start.")
		return load, false
	case kind == "rate":
		if !l.only("rate", "iterations_per_user") {
			return load, false
		}
		return l.openLoad(load, true)
	}
	return load, l.only("users", "max_users", "spacing", "arrival")
}

// readStages reads the elements of stages: all of users, or all of rates.
func (l loadBlock) readStages(v cty.Value, a *config.Arg) (load plan.Load, kind string, good bool) {
	good = true
	for i, item := range v.AsValueSlice() {
		stage, word, problem := readStage(item)
		if problem != "" {
			d := l.c.fail(l.Block, diag.InvalidProfile, itemRange(a.Expr, i), "Stage %d: %s", i+1, problem)
			if word != "" {
				d.DidYouMean(word, stageWords)
			}
			good = false
			continue
		}
		if kind != "" && kind != word && good {
			l.c.fail(l.Block, diag.InvalidProfile, a.Expr.Range(), "The stages of a %s are all of users or all of rates.", l.what())
			good = false
		}
		kind = word
		load.Stages = append(load.Stages, stage)
		if load.Duration += stage.Over + stage.Hold; load.Duration > maxDuration {
			l.c.fail(l.Block, diag.InvalidProfile, itemRange(a.Expr, i), "The stages last more than a year together.")
			return load, kind, false
		}
	}
	return load, kind, good
}

func highest(stages []plan.Stage) (level float64) {
	for _, s := range stages {
		level = max(level, s.Level)
	}
	return level
}

// itemRange is where item i of a list stands, or the list where it is not
// written out.
func itemRange(e hcl.Expression, i int) hcl.Range {
	if list, ok := e.(*hclsyntax.TupleConsExpr); ok && i < len(list.Exprs) {
		return list.Exprs[i].Range()
	}
	return e.Range()
}

var stageWords = []string{"users", "rate", "over", "hold", "name"}

// readStage reads { users or rate, over, hold, name }; problem says what is
// wrong with it. kind is "users" or "rate", or the word that is not known.
func readStage(v cty.Value) (s plan.Stage, kind, problem string) {
	if v.IsNull() || !v.Type().IsObjectType() && !v.Type().IsMapType() {
		return s, "", "a stage is an object: { users = 10, over = \"30s\", hold = \"2m\" }."
	}
	for it := v.ElementIterator(); it.Next(); {
		key, value := it.Element()
		if value.IsNull() {
			continue
		}
		switch key.AsString() {
		case "users":
			f, err := numberOf(value)
			if err || f < 0 || f != math.Trunc(f) || f > maxCount {
				return s, "", "users must be a whole number, 0 or more."
			}
			s.Level = f
			if kind != "" {
				return s, "", "it has users and a rate; a stage has one of them."
			}
			kind = "users"
		case "rate":
			r, bad := rateOf(value, nil)
			if bad == "" && value.Type() == cty.Number {
				bad = "rate needs a unit of time: \"75/s\"."
			}
			if bad != "" {
				return s, "", bad
			}
			s.Level = r
			if kind != "" {
				return s, "", "it has users and a rate; a stage has one of them."
			}
			kind = "rate"
		case "over", "hold":
			d, bad := durationOf(value, nil)
			if bad == "" && value.Type() == cty.Number {
				bad = fmt.Sprintf("%s needs a unit: \"30s\".", key.AsString())
			}
			if bad != "" {
				return s, "", bad
			}
			if key.AsString() == "over" {
				s.Over = d
			} else {
				s.Hold = d
			}
		case "name":
			if value.Type() != cty.String {
				return s, "", "name must be a string."
			}
			s.Name = value.AsString()
		default:
			return s, key.AsString(), fmt.Sprintf("there is no %q in a stage; it has users or rate, over, hold and name.", key.AsString())
		}
	}
	if kind == "" {
		return s, "", "it needs users or a rate."
	}
	return s, kind, ""
}

func numberOf(v cty.Value) (float64, bool) {
	p := fromCty(v)
	if p.Kind() == plan.String {
		p, _ = plan.ParseNumber(p.Str())
	}
	return p.Float64(), !p.IsNumber()
}
