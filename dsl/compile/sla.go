package compile

import (
	"fmt"
	"slices"
	"strings"

	"github.com/zclconf/go-cty/cty"

	"throng/dsl/config"
	"throng/dsl/diag"
	"throng/dsl/plan"
	"throng/dsl/schema"
)

// slas compiles every SLA, so that mistakes are found in all of them, and
// keeps those that the profile is judged by.
func (c *compiler) slas() {
	names := c.root.Names("sla")
	wanted, asked := c.judgedBy(names)
	c.listed = asked
	c.on = c.judgeableSeries()
	for _, declared := range c.root.Tree.Config.Root.Of("sla") {
		used := c.used(c.root, declared)
		back := c.via(used)
		instances, _ := c.instances(used)
		for _, b := range instances {
			sla, ok := c.sla(b, asked && wanted(b.Name()))
			if !ok || !wanted(b.Name()) {
				c.plan.Unjudged = append(c.plan.Unjudged, b.Instance())
				continue
			}
			c.fits(b, &sla)
			c.plan.SLAs = append(c.plan.SLAs, sla)
		}
		back()
	}
	c.checkOverrides(names, wanted)
	if len(names) == 0 && !c.root.Tree.Config.Root.Broken {
		c.diags.Append(warning(diag.EmptySLA, "The scenario declares no sla, so nothing is promised and a run cannot pass: it ends as inconclusive. Add sla \"all\" { error_rate = \"1%\" }."))
	}
}

// judgeableSeries marks the series that something records into under this
// profile: not those of classes without a load.
func (c *compiler) judgeableSeries() []bool {
	on := c.running()
	for id := range on {
		on[id] = on[id] && c.loaded(c.plan.Series[id].Class)
	}
	return on
}

// loaded reports whether a class has users under this profile. Where the
// profile is wrong nobody knows, so it has.
func (c *compiler) loaded(class int) bool {
	return len(c.plan.Profile.Loads) == 0 || class < 0 || class >= len(c.plan.Classes) || c.plan.Runs(class)
}

func warning(code, detail string) *diag.Diagnostic {
	d := diag.General(code, "%s", detail)
	d.Severity = diag.Warning
	return d
}

// judgedBy reads the profile's slas: which of them judge it, and whether it
// names them.
func (c *compiler) judgedBy(names []string) (wanted func(string) bool, asked bool) {
	all := func(string) bool { return true }
	b := c.chosen
	if b == nil {
		return all, false
	}
	globs, ok := c.stringList(b, "slas")
	if !ok {
		return all, false
	}
	for _, g := range globs {
		if !slices.ContainsFunc(names, func(n string) bool { return glob(g, n) }) {
			c.fail(b, diag.UnknownReference, b.Arg("slas").Expr.Range(), "There is no sla called %q.", g).DidYouMean(g, names)
		}
	}
	return func(name string) bool {
		return slices.ContainsFunc(globs, func(g string) bool { return glob(g, name) || instanceOf(name, g) })
	}, true
}

// allRules are the limits of a block, and those it warns of. unit is that of
// the metrics they are about, or none.
func (c *compiler) allRules(b *config.Block, unit plan.Unit) []plan.Rule {
	rules := c.rules(b, unit, false)
	if n := b.First("warn"); n != nil {
		rules = append(rules, c.rules(n, unit, true)...)
	}
	return rules
}

func (c *compiler) sla(b *config.Block, asked bool) (plan.SLA, bool) {
	s := plan.SLA{Name: b.Instance(), Site: c.site(b.Range, b)}
	if c.judging > maxJudging {
		return s, false // which is reported
	}
	match := b.First("match")
	series, words, ok := c.matched(b, match)
	if unit, sure := c.measured(match, series); sure {
		s.Rules = c.overridden(b, c.allRules(b, unit), unit)
		c.confidence(b, s.Rules)
		ok = c.measure(b, match, &s) && ok
	}
	if !limitsAny(b) && !b.Broken && !c.anyOverride(b) {
		c.fail(b, diag.EmptySLA, b.Range, "%s limits nothing. Give it a limit such as p95 = \"500ms\" or error_rate = \"1%%\".", b.Title())
	}
	if n := b.First("abort"); n != nil {
		after, _ := c.duration(n, "after")
		grace, _ := c.duration(n, "grace")
		s.Abort = &plan.Abort{After: after, Grace: grace}
	}
	c.saidOnce(b)
	s.Window = c.window(b)
	if !ok {
		return s, false
	}
	s.Match = words
	if s.Stages, ok = c.parts(b, match, asked); !ok {
		return s, false
	}
	if series = c.judgeable(b, match, series, asked); len(series) == 0 {
		return s, false
	}
	each := match != nil
	if word, ok := c.keyword(b, "judge"); ok {
		each = word == "each"
	}
	if c.judging += len(series); c.judging > maxJudging {
		if c.judging-len(series) <= maxJudging {
			c.fail(b, diag.LimitExceeded, b.Range, "All SLAs together would judge more than %d times a request. Let one SLA promise what holds for many.", maxJudging)
		}
		return s, false
	}
	s.Groups = c.judged(series, each)
	return s, c.occurs(b, &s) && len(s.Rules) > 0
}

// maxJudging bounds the requests that all SLAs of a profile judge, added up.
const maxJudging = 1_000_000

// judgeable leaves out the series that nothing records into in this run. An
// SLA that keeps none would wait for samples that cannot come.
func (c *compiler) judgeable(b, match *config.Block, ids []int, asked bool) []int {
	off := func(id int) bool { return !c.on[id] }
	if !slices.ContainsFunc(ids, off) {
		return ids
	}
	kept := slices.DeleteFunc(slices.Clone(ids), off)
	if len(kept) > 0 || len(ids) == 0 || !slices.Contains(c.on, true) {
		return kept // nothing runs at all: that is reported
	}
	at := b.Range
	if match != nil {
		at = match.Range
	}
	idle := slices.ContainsFunc(ids, func(id int) bool {
		class := c.plan.Series[id].Class
		return !c.loaded(class) && !c.never(class)
	})
	switch {
	case c.offTags:
		c.warn(b, diag.SLAMatchesNothing, at, "%s is not judged in this run: --tags and --exclude-tags leave out every request it is about.", b.Title())
	case idle && (c.many || c.listed) && !asked:
	case idle:
		c.warn(b, diag.SLAMatchesNothing, at, "%s is not judged under the profile %q, which has no load for the users it is about.", b.Title(), c.plan.Profile.Name)
	default:
		c.fail(b, diag.SLAMatchesNothing, at, "Every request that %s is about is switched off by a weight of 0, so it could never be judged.", b.Title())
	}
	return nil
}

// quantiles are the percentile arguments, and what they mean.
var quantiles = map[string]float64{
	"p50": 0.5, "p75": 0.75, "p90": 0.9, "p95": 0.95, "p98": 0.98, "p99": 0.99, "p99_9": 0.999,
}

// rules compiles the limits of a block, in the order they stand in the schema.
func (c *compiler) rules(b *config.Block, unit plan.Unit, warn bool) []plan.Rule {
	var rules []plan.Rule
	for _, row := range b.Schema.Args {
		a := b.Arg(row.Name)
		if a == nil {
			continue
		}
		r := plan.Rule{Site: c.site(a.NameRange, b), Name: row.Name, Unit: unit, Warn: warn}
		q, isQuantile := quantiles[row.Name]
		_, isCounter := counterArgs[row.Name]
		switch {
		case isQuantile, row.Name == "mean", row.Name == "max":
			limit, ok := c.limit(b, a, unit)
			if !ok {
				continue
			}
			r.Limit = limit
			switch {
			case isQuantile:
				r.Metric, r.Quantile = plan.Quantile, q
			case row.Name == "mean":
				r.Metric = plan.Mean
			default:
				r.Metric = plan.Max
			}
			rules = append(rules, r)
		case unit != plan.UnitNone && slices.Contains(schema.Limits(), row.Name):
			c.fail(b, diag.ConflictingArguments, a.NameRange, "%s is about requests, and this SLA about the values of metrics: give the requests an sla of their own.", row.Name)
		case row.Name == "error_rate":
			ratio, ok := c.ratio(b, row.Name)
			if !ok {
				continue
			}
			r.Metric, r.Limit = plan.ErrorRate, ratio
			rules = append(rules, r)
		case row.Name == "requests_per_second":
			r.Metric = plan.Throughput
			rules = append(rules, c.perSecond(b, a, r)...)
		case isCounter:
			rules = append(rules, c.tally(b, a, r)...)
		}
	}
	return rules
}

// perSecond reads a floor, or { min = …, max = … }.
func (c *compiler) perSecond(b *config.Block, a *config.Arg, r plan.Rule) []plan.Rule {
	v, _, ok := c.known(b, a.Name, cty.DynamicPseudoType)
	if !ok {
		return nil
	}
	if v.Type().IsPrimitiveType() {
		rate, problem := rateOf(v, nil)
		if problem != "" {
			c.fail(b, diag.InvalidRate, a.Expr.Range(), "%s", problem)
			return nil
		}
		r.Limit, r.AtLeast = rate, true
		return []plan.Rule{r}
	}
	var rules []plan.Rule
	object := fromCty(v)
	for _, f := range object.Fields() {
		if f.Name != "min" && f.Name != "max" {
			c.fail(b, diag.UnknownAttribute, a.Expr.Range(), "%s has min and max, and no %q.", a.Name, f.Name).DidYouMean(f.Name, []string{"min", "max"})
			return nil
		}
		rate, problem := rateOf(toCty(f.Value), nil)
		if problem != "" {
			c.fail(b, diag.InvalidRate, a.Expr.Range(), "%s", problem)
			return nil
		}
		rule := r
		rule.Limit, rule.AtLeast = rate, f.Name == "min"
		rules = append(rules, rule)
	}
	if len(rules) == 0 {
		c.fail(b, diag.WrongType, a.Expr.Range(), "%s is a number, or { min = …, max = … }.", a.Name)
	}
	return rules
}

// selector is one key of a match block.
type selector struct {
	key  string
	of   func(c *compiler, id int) []string // what a series offers to be matched
	none string                             // said of a value that matches nothing
}

var selectors = []selector{
	{"tags", seriesTags, "No request has the tag %q."},
	{"not_tags", seriesTags, "No request has the tag %q."},
	{"requests", requestNames, "No request is called %q."},
	{"users", func(c *compiler, id int) []string {
		class := &c.plan.Classes[c.plan.Series[id].Class]
		return []string{class.Name, class.Family}
	}, "There is no user called %q that makes requests."},
	{"tasks", func(c *compiler, id int) []string { return c.tasks[id] }, "There is no task called %q that makes requests."},
	{"groups", requestNames, "There is no group called %q."},
	{"metrics", requestNames, "No user records a metric called %q."},
}

func seriesTags(c *compiler, id int) []string { return c.plan.Series[id].Tags }

func requestNames(c *compiler, id int) []string {
	r := &c.plan.Rows[c.plan.Series[id].Row]
	if r.Kind != plan.RequestSeries {
		return []string{r.Name}
	}
	return []string{r.Label(), r.Name, r.Method + " " + r.Pattern, r.Pattern}
}

// matched gives the series a match block selects, and the block in words. A
// value that matches nothing is an error: it would pass without looking.
func (c *compiler) matched(b, match *config.Block) (ids []int, words string, ok bool) {
	kind, ok := c.matchedKind(match)
	if !ok {
		return nil, "", false
	}
	ids = c.seriesOf(kind)
	if match == nil {
		return ids, "", true
	}
	ok = true
	var said []string
	for _, sel := range selectors {
		globs, has := c.stringList(match, sel.key)
		if !has {
			continue
		}
		said = append(said, strings.ReplaceAll(sel.key, "_", " ")+" "+strings.Join(globs, ", "))
		hits := map[int]bool{}
		for _, g := range globs {
			if !c.offer(kind, sel).hits(g, hits) {
				c.nothingMatches(match, sel, g, c.offer(kind, sel).names)
				ok = false
			}
		}
		if sel.key == "not_tags" {
			ids = slices.DeleteFunc(slices.Clone(ids), func(id int) bool { return hits[id] })
		} else {
			ids = among(hits, ids)
		}
	}
	if globs, has := c.stringList(match, "stages"); has {
		said = append(said, "stages "+strings.Join(globs, ", "))
	}
	if len(said) == 0 && len(match.Args) == 0 && !match.Broken {
		c.fail(match, diag.EmptyBlock, match.Range, "A match block says which requests an SLA is about; this one says nothing.")
	}
	if len(said) == 0 || match.Broken {
		return nil, "", false
	}
	if ok && len(ids) == 0 {
		ok = false
		c.fail(b, diag.SLAMatchesNothing, match.Range, "No request meets all of: %s. An SLA that judges nothing would always pass.", strings.Join(said, "; "))
	}
	return ids, strings.Join(said, "; "), ok
}

// nothingMatches reports a value of a match block that selects nothing.
func (c *compiler) nothingMatches(match *config.Block, sel selector, g string, offered []string) {
	for len(offered) > 0 && strings.TrimSpace(offered[0]) == "" {
		offered = offered[1:]
	}
	d := c.fail(match, diag.SLAMatchesNothing, match.Arg(sel.key).Expr.Range(), sel.none+" An SLA that judges nothing would always pass.", g)
	if d.DidYouMean(g, offered); d.Suggestion == "" && len(offered) > 0 {
		if len(offered) > 8 {
			offered = append(offered[:8:8], "…")
		}
		d.Detail += fmt.Sprintf(" There are: %s.", strings.Join(offered, ", "))
	}
}

// glob matches a pattern in which * stands for any text.
func glob(pattern, text string) bool {
	if !strings.Contains(pattern, "*") {
		return pattern == text
	}
	parts := strings.Split(pattern, "*")
	if !strings.HasPrefix(text, parts[0]) {
		return false
	}
	text = text[len(parts[0]):]
	for _, part := range parts[1 : len(parts)-1] {
		i := strings.Index(text, part)
		if i < 0 {
			return false
		}
		text = text[i+len(part):]
	}
	return strings.HasSuffix(text, parts[len(parts)-1])
}

// judged divides series into what is judged by itself: rows, or all as one.
func (c *compiler) judged(ids []int, each bool) []plan.Judged {
	if !each {
		return []plan.Judged{{Row: -1, Series: ids}}
	}
	var groups []plan.Judged
	at := map[int]int{}
	for _, id := range ids {
		row := c.plan.Series[id].Row
		i, ok := at[row]
		if !ok {
			i = len(groups)
			groups = append(groups, plan.Judged{Row: row})
			at[row] = i
		}
		groups[i].Series = append(groups[i].Series, id)
	}
	return groups
}
