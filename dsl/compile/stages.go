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

func (c *compiler) stagesLoad(b *config.Block, a *config.Arg) (plan.Load, bool) {
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
	load := plan.Load{}
	kinds := map[string]bool{}
	good := true
	for i, item := range v.AsValueSlice() {
		stage, kind, problem := readStage(item)
		if problem != "" {
			d := c.fail(b, diag.InvalidProfile, itemRange(a.Expr, i), "Stage %d: %s", i+1, problem)
			if kind != "" {
				d.DidYouMean(kind, stageWords)
			}
			good = false
			continue
		}
		kinds[kind] = true
		load.Stages = append(load.Stages, stage)
		c.plan.Profile.Duration += stage.Over + stage.Hold
		if c.plan.Profile.Duration > maxDuration {
			c.fail(b, diag.InvalidProfile, itemRange(a.Expr, i), "The stages last more than a year together.")
			return load, false
		}
	}
	if !good {
		return load, false
	}
	if len(kinds) > 1 {
		c.fail(b, diag.InvalidProfile, a.Expr.Range(), "The stages of a profile are all of users or all of rates.")
		return load, false
	}
	if c.plan.Profile.Duration == 0 {
		c.fail(b, diag.InvalidProfile, a.Expr.Range(), "The stages last no time at all: give them over or hold.")
		return load, false
	}
	if peak(load.Stages) == 0 {
		c.fail(b, diag.NoLoad, a.Expr.Range(), "Every stage is at 0, so nothing would start.")
		return load, false
	}
	if kinds["rate"] {
		return c.openLoad(b, load, true)
	}
	return load, true
}

func peak(stages []plan.Stage) (level float64) {
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
