package compile

import (
	"slices"
	"strings"
	"time"

	"github.com/zclconf/go-cty/cty"

	"throng/dsl/config"
	"throng/dsl/diag"
	"throng/dsl/plan"
	"throng/dsl/resolve"
)

// stage is a named piece of a load, as planned.
type stage struct {
	plan.StageTime
	whole   time.Duration // how long it lasts, the warm-up included
	follows bool          // its load begins when another has ended
}

// named reports whether a pattern is about the stage: by its own name, or
// with that of its user before it.
func (s *stage) named(pattern string) bool {
	user, short, own := strings.Cut(s.Name, "/")
	if !own {
		return glob(pattern, s.Name)
	}
	family, _, _ := strings.Cut(user, "[")
	return glob(pattern, s.Name) || glob(pattern, short) || glob(pattern, family+"/"+short)
}

// stages are the named stages of the profile, in its order.
func (c *compiler) stages() (list []stage) {
	p := &c.plan.Profile
	for i, span := range p.Timetable() {
		l := &p.Loads[i]
		at := span.Begin
		for _, s := range l.Stages {
			begin, end := at, at+s.Over+s.Hold
			at = end
			if s.Name == "" {
				continue
			}
			known := stage{StageTime: plan.StageTime{Name: s.Name}, whole: s.Over + s.Hold, follows: len(l.After) > 0}
			if l.Name != "" {
				known.Name = l.Name + "/" + s.Name
			}
			if span.End != plan.Unknown {
				end = min(end, span.End)
			}
			known.Begin, known.End = max(begin, p.Warmup), end
			list = append(list, known)
		}
	}
	return list
}

// parts are the stages that a match block asks for; nil without. It is not ok
// when the SLA cannot be judged in this profile.
func (c *compiler) parts(b, match *config.Block, asked bool) (parts []plan.StageTime, ok bool) {
	if match == nil || match.Arg("stages") == nil {
		return nil, true
	}
	patterns, has := c.stringList(match, "stages")
	if !has || len(c.plan.Profile.Loads) == 0 {
		return nil, false // which is reported
	}
	all := c.stages()
	good := true
	for _, pattern := range patterns {
		found := false
		for i := range all {
			if !all[i].named(pattern) {
				continue
			}
			found = true
			if !c.reached(match, &all[i]) {
				good = false
			} else if !slices.Contains(parts, all[i].StageTime) {
				parts = append(parts, all[i].StageTime)
			}
		}
		if !found && !c.stageElsewhere(pattern) {
			c.noStage(match, pattern, all)
			good = false
		}
	}
	if good && len(parts) == 0 && (asked || !c.many && !c.listed) {
		c.warn(b, diag.SLAMatchesNothing, match.Arg("stages").Expr.Range(), "%s is not judged under the profile %q, which has none of these stages.", b.Title(), c.plan.Profile.Name)
	}
	return parts, good && len(parts) > 0
}

// reached refuses stages in which nothing can be judged.
func (c *compiler) reached(match *config.Block, s *stage) bool {
	at := match.Arg("stages").Expr.Range()
	switch {
	case s.follows:
		c.fail(match, diag.InvalidProfile, at, "The stage %q belongs to a load that begins when another one has ended (after), so nobody knows before the run when that is, and no SLA can be about it. Give that load a delay in place of after.", s.Name)
	case s.whole == 0:
		c.fail(match, diag.SLAMatchesNothing, at, "The stage %q lasts no time, so nothing begins in it. Give it over or hold.", s.Name)
	case s.End <= s.Begin:
		c.fail(match, diag.SLAMatchesNothing, at, "Nothing of the stage %q is measured: it lies in the warm-up, or after the profile's end.", s.Name)
	default:
		return true
	}
	return false
}

func (c *compiler) noStage(match *config.Block, pattern string, all []stage) {
	var names []string
	for i := range all {
		if !slices.Contains(names, all[i].Name) {
			names = append(names, all[i].Name)
		}
	}
	d := c.fail(match, diag.SLAMatchesNothing, match.Arg("stages").Expr.Range(), "No stage is called %q. An SLA that judges nothing would always pass.", pattern)
	if d.DidYouMean(pattern, names); d.Suggestion != "" {
		return
	}
	if len(names) == 0 {
		d.Detail += " No stage of this profile has a name; give it one: { name = \"spike\", users = 100, hold = \"1m\" }."
		return
	}
	if len(names) > 8 {
		names = append(names[:8:8], "…")
	}
	d.Detail += " There are: " + strings.Join(names, ", ") + "."
}

// stageElsewhere reports whether another profile has a stage that the pattern
// is about. What is wrong there is reported when it is compiled.
func (c *compiler) stageElsewhere(pattern string) bool {
	if c.stageNames.list == nil {
		found := c.diags
		c.stageNames.list = c.everyStage()
		c.diags = found
	}
	return slices.ContainsFunc(c.stageNames.list, func(s stage) bool { return s.named(pattern) })
}

// stageNames are the stages of all profiles, found out once for all of them;
// nil before.
type stageNames struct{ list []stage }

func (c *compiler) everyStage() []stage {
	list := []stage{}
	for _, declared := range c.root.Tree.Config.Root.Of("profile") {
		profile, _ := resolve.Use(c.root, declared)
		if profile == nil {
			continue
		}
		for _, n := range append([]*config.Block{profile}, profile.Of("user")...) {
			v, _, ok := c.known(n, "stages", cty.DynamicPseudoType)
			if !ok || v.Type().IsPrimitiveType() || !v.CanIterateElements() || v.LengthInt() > maxStages {
				continue
			}
			for _, item := range v.AsValueSlice() {
				s, _, problem := readStage(item)
				if problem != "" || s.Name == "" {
					continue
				}
				if n != profile {
					s.Name = n.Name() + "/" + s.Name
				}
				list = append(list, stage{StageTime: plan.StageTime{Name: s.Name}})
			}
		}
	}
	return list
}
