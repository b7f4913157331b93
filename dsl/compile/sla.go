package compile

import (
	"fmt"
	"slices"
	"strings"

	"github.com/zclconf/go-cty/cty"

	"throng/dsl/config"
	"throng/dsl/diag"
	"throng/dsl/plan"
	"throng/dsl/resolve"
)

// slas compiles every SLA, so that mistakes are found in all of them, and
// keeps those that the profile is judged by.
func (c *compiler) slas() {
	names := c.root.Names("sla")
	wanted := c.judgedBy(names)
	for _, declared := range c.root.Tree.Config.Root.Of("sla") {
		b, diags := resolve.Use(c.root, declared)
		c.diags.Extend(diags)
		sla, ok := c.sla(b)
		if ok && wanted(b.Name()) {
			c.plan.SLAs = append(c.plan.SLAs, sla)
		}
	}
	if len(names) == 0 {
		c.diags.Append(warning(diag.EmptySLA, "The scenario declares no sla, so nothing is promised and a run cannot pass: it ends as inconclusive. Add sla \"all\" { error_rate = \"1%\" }."))
	}
}

func warning(code, detail string) *diag.Diagnostic {
	d := diag.General(code, "%s", detail)
	d.Severity = diag.Warning
	return d
}

// judgedBy reads the profile's slas: which of them judge it.
func (c *compiler) judgedBy(names []string) func(string) bool {
	all := func(string) bool { return true }
	declared := c.root.Named("profile", c.plan.Profile.Name)
	if declared == nil {
		return all
	}
	b, _ := resolve.Use(c.root, declared)
	globs, ok := c.stringList(b, "slas")
	if !ok {
		return all
	}
	for _, g := range globs {
		if !slices.ContainsFunc(names, func(n string) bool { return glob(g, n) }) {
			c.fail(b, diag.UnknownReference, b.Arg("slas").Expr.Range(), "There is no sla called %q.", g).DidYouMean(g, names)
		}
	}
	return func(name string) bool {
		return slices.ContainsFunc(globs, func(g string) bool { return glob(g, name) })
	}
}

func (c *compiler) sla(b *config.Block) (plan.SLA, bool) {
	s := plan.SLA{Name: b.Name(), Site: c.site(b.Range, b)}
	s.Rules = c.rules(b, false)
	if n := b.First("warn"); n != nil {
		s.Rules = append(s.Rules, c.rules(n, true)...)
	}
	if len(s.Rules) == 0 && !c.diags.HasErrors() {
		c.fail(b, diag.EmptySLA, b.Range, "%s limits nothing. Give it a limit such as p95 = \"500ms\" or error_rate = \"1%%\".", b.Title())
	}
	if n := b.First("abort"); n != nil {
		after, _ := c.duration(n, "after")
		s.Abort = &plan.Abort{After: after}
	}
	match := b.First("match")
	series, words, ok := c.matched(b, match)
	if !ok {
		return s, false
	}
	s.Match = words
	each := match != nil
	if word, ok := c.keyword(b, "judge"); ok {
		each = word == "each"
	}
	s.Groups = c.judged(series, each)
	return s, len(s.Rules) > 0
}

// quantiles are the percentile arguments, and what they mean.
var quantiles = map[string]float64{
	"p50": 0.5, "p75": 0.75, "p90": 0.9, "p95": 0.95, "p98": 0.98, "p99": 0.99, "p99_9": 0.999,
}

// rules compiles the limits of a block, in the order they stand in the schema.
func (c *compiler) rules(b *config.Block, warn bool) []plan.Rule {
	var rules []plan.Rule
	for _, row := range b.Schema.Args {
		a := b.Arg(row.Name)
		if a == nil {
			continue
		}
		r := plan.Rule{Site: c.site(a.NameRange, b), Name: row.Name, Warn: warn}
		q, isQuantile := quantiles[row.Name]
		switch {
		case isQuantile, row.Name == "mean", row.Name == "max":
			d, ok := c.duration(b, row.Name)
			if !ok {
				continue
			}
			if d <= 0 {
				c.fail(b, diag.OutOfRange, a.Expr.Range(), "No answer takes 0: a limit on %s must be above it.", row.Name)
				continue
			}
			r.Limit = float64(d)
			switch {
			case isQuantile:
				r.Metric, r.Quantile = plan.Quantile, q
			case row.Name == "mean":
				r.Metric = plan.Mean
			default:
				r.Metric = plan.Max
			}
			rules = append(rules, r)
		case row.Name == "error_rate":
			ratio, ok := c.ratio(b, row.Name)
			if !ok {
				continue
			}
			r.Metric, r.Limit = plan.ErrorRate, ratio
			rules = append(rules, r)
		case row.Name == "requests_per_second":
			rules = append(rules, c.throughput(b, a, r)...)
		}
	}
	return rules
}

// throughput reads a floor, or { min = …, max = … }.
func (c *compiler) throughput(b *config.Block, a *config.Arg, r plan.Rule) []plan.Rule {
	v, _, ok := c.known(b, a.Name, cty.DynamicPseudoType)
	if !ok {
		return nil
	}
	r.Metric = plan.Throughput
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
			c.fail(b, diag.UnknownAttribute, a.Expr.Range(), "requests_per_second has min and max, and no %q.", f.Name).DidYouMean(f.Name, []string{"min", "max"})
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
		c.fail(b, diag.WrongType, a.Expr.Range(), "requests_per_second is a number, or { min = …, max = … }.")
	}
	return rules
}

// selector is one key of a match block.
type selector struct {
	key  string
	of   func(c *compiler, s *plan.Series) []string // what a series offers to be matched
	noun string
}

var selectors = []selector{
	{"tags", func(_ *compiler, s *plan.Series) []string { return s.Tags }, "tag"},
	{"not_tags", func(_ *compiler, s *plan.Series) []string { return s.Tags }, "tag"},
	{"requests", func(c *compiler, s *plan.Series) []string { return requestNames(&c.plan.Rows[s.Row]) }, "request"},
	{"users", func(c *compiler, s *plan.Series) []string { return []string{c.plan.Classes[s.Class].Name} }, "user"},
	{"tasks", func(_ *compiler, s *plan.Series) []string { return taskNames(s.Task) }, "task"},
	{"groups", func(c *compiler, s *plan.Series) []string { return []string{c.plan.Rows[s.Row].Name} }, "group"},
}

func requestNames(r *plan.Row) []string {
	return []string{r.Label(), r.Name, r.Method + " " + r.Pattern, r.Pattern}
}

// taskNames are the names of a task path and of every task above it.
func taskNames(p string) []string {
	names := []string{p}
	for p != "" {
		i := strings.LastIndex(p, "/")
		if i <= 0 || strings.Contains(p, " /") { // a stand-alone request's task is called "GET /path"
			break
		}
		names = append(names, p[i+1:], p[:i])
		p = p[:i]
	}
	return names
}

// matched gives the series a match block selects, and the block in words. A
// value that matches nothing is an error: it would pass without looking.
func (c *compiler) matched(b, match *config.Block) (ids []int, words string, ok bool) {
	wantGroups := match != nil && match.Arg("groups") != nil
	for id := range c.plan.Series {
		if (c.plan.Series[id].Kind == plan.GroupSeries) == wantGroups {
			ids = append(ids, id)
		}
	}
	if match == nil {
		return ids, "", true
	}
	all, ok := ids, true
	var said []string
	for _, sel := range selectors {
		globs, has := c.stringList(match, sel.key)
		if !has {
			continue
		}
		said = append(said, strings.ReplaceAll(sel.key, "_", " ")+" "+strings.Join(globs, ", "))
		hits := map[int]bool{}
		for _, g := range globs {
			found := false
			for _, id := range all {
				if slices.ContainsFunc(sel.of(c, &c.plan.Series[id]), func(n string) bool { return glob(g, n) }) {
					hits[id], found = true, true
				}
			}
			if !found {
				ok = c.nothingMatches(match, sel, g, all) && ok
			}
		}
		ids = slices.DeleteFunc(slices.Clone(ids), func(id int) bool { return hits[id] == (sel.key == "not_tags") })
	}
	if len(said) == 0 {
		c.fail(match, diag.EmptyBlock, match.Range, "A match block says which requests an SLA is about; this one says nothing.").In(b.Title())
		return nil, "", false
	}
	if ok && len(ids) == 0 {
		ok = false
		if !c.offTags {
			c.fail(b, diag.SLAMatchesNothing, match.Range, "No request meets all of: %s. An SLA that judges nothing would always pass.", strings.Join(said, "; "))
		}
	}
	return ids, strings.Join(said, "; "), ok
}

// nothingMatches reports a value of a match block that selects nothing. It
// says true where that is only because tags left tasks out of the run.
func (c *compiler) nothingMatches(match *config.Block, sel selector, g string, among []int) bool {
	if c.offTags {
		return true
	}
	var offered []string
	for _, id := range among {
		offered = append(offered, sel.of(c, &c.plan.Series[id])...)
	}
	slices.Sort(offered)
	offered = slices.DeleteFunc(slices.Compact(offered), func(s string) bool { return s == "" || s == " " })
	d := c.fail(match, diag.SLAMatchesNothing, match.Arg(sel.key).Expr.Range(), "No request has the %s %q. An SLA that judges nothing would always pass.", sel.noun, g)
	d.Block = match.Parent.Title()
	if d.DidYouMean(g, offered); d.Suggestion == "" && len(offered) > 0 {
		if len(offered) > 8 {
			offered = append(offered[:8:8], "…")
		}
		d.Detail += fmt.Sprintf(" There are: %s.", strings.Join(offered, ", "))
	}
	return false
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
	for _, id := range ids {
		row := c.plan.Series[id].Row
		i := slices.IndexFunc(groups, func(g plan.Judged) bool { return g.Row == row })
		if i < 0 {
			groups = append(groups, plan.Judged{Row: row})
			i = len(groups) - 1
		}
		groups[i].Series = append(groups[i].Series, id)
	}
	return groups
}
