package compile

import (
	"math"

	"github.com/zclconf/go-cty/cty"

	"throng/dsl/config"
	"throng/dsl/diag"
	"throng/dsl/plan"
	"throng/stdlib/convert"
)

var units = map[string]plan.Unit{"number": plan.UnitNumber, "s": plan.UnitSeconds, "B": plan.UnitBytes, "ratio": plan.UnitRatio}

// records compiles record = { metric = value, … }; it reports whether a value
// reads the answer's body.
func (k *classBuilder) records(r *plan.Request, b *config.Block, s settings) (readsBody bool) {
	c, a := k.c, b.Arg("record")
	if a == nil {
		return false
	}
	scope := c.root.Of(a.Module)
	for _, n := range k.named(a, b, k) {
		metric := scope.Named("metric", n.name)
		if metric == nil {
			d := c.fail(b, diag.UnknownReference, n.at, "There is no metric called %q. Declare it: metric \"%s\" { unit = \"s\" }.", n.name, n.name)
			d.DidYouMean(n.name, scope.Names("metric"))
			continue
		}
		readsBody = readsBody || n.body
		id := k.series(seriesKey{kind: plan.MetricSeries, target: -1, name: n.name}, s, metric)
		c.plan.Rows[c.plan.Series[id].Row].Unit = c.unit(metric)
		r.Records = append(r.Records, plan.Record{Series: id, Value: n.value, Site: n.site})
	}
	return readsBody
}

// unit is what a metric counts: plain numbers, unless it says otherwise.
func (c *compiler) unit(metric *config.Block) plan.Unit {
	if word, ok := c.keyword(metric, "unit"); ok {
		return units[word]
	}
	return plan.UnitNumber
}

// matchedKind is what a match block is about: requests, unless it names
// groups or metrics.
func (c *compiler) matchedKind(match *config.Block) (kind plan.SeriesKind, ok bool) {
	if match == nil {
		return plan.RequestSeries, true
	}
	if a := match.Arg("metrics"); a != nil {
		if o := match.Arg("stages"); o != nil {
			c.fail(match, diag.ConflictingArguments, o.Range, "What is recorded in a metric is kept over the whole run, and not by stages. Leave out stages or metrics.").
				Relate("metrics stands here", a.Range)
			return 0, false
		}
		for _, other := range []string{"requests", "groups"} {
			if o := match.Arg(other); o != nil {
				c.fail(match, diag.ConflictingArguments, o.Range, "What is recorded in a metric is kept by the users, tasks and tags of its requests, but not by %s. Leave out %s or metrics.", other, other).
					Relate("metrics stands here", a.Range)
				return 0, false
			}
		}
		return plan.MetricSeries, true
	}
	if match.Arg("groups") != nil {
		return plan.GroupSeries, true
	}
	return plan.RequestSeries, true
}

// measured is the unit of the metrics an SLA is about; none where it is about
// requests. It is not sure where the metrics are wrong, or of several units:
// one limit cannot fit all of them.
func (c *compiler) measured(match *config.Block, series []int) (unit plan.Unit, sure bool) {
	if match == nil || match.Arg("metrics") == nil {
		return plan.UnitNone, true
	}
	var first *plan.Row
	for _, id := range series {
		row := &c.plan.Rows[c.plan.Series[id].Row]
		if first == nil {
			first = row
		}
		if row.Unit != first.Unit {
			c.fail(match, diag.InconsistentTypes, match.Arg("metrics").Expr.Range(), "No limit fits both %s, in %s, and %s, in %s. Give the metrics of each unit an sla of their own.",
				first.Name, unitWords[first.Unit], row.Name, unitWords[row.Unit])
			return plan.UnitNone, false
		}
	}
	if first == nil {
		return plan.UnitNone, false
	}
	return first.Unit, true
}

var unitWords = map[plan.Unit]string{
	plan.UnitNumber: "plain numbers", plan.UnitSeconds: "seconds", plan.UnitBytes: "bytes", plan.UnitRatio: "shares of one",
}

// limit reads a limit on times, or on metrics of a unit, as it is recorded.
func (c *compiler) limit(b *config.Block, a *config.Arg, unit plan.Unit) (float64, bool) {
	switch unit {
	case plan.UnitNumber:
		return c.plainLimit(b, a)
	case plan.UnitBytes:
		n, ok := c.size(b, a.Name)
		return float64(n), ok
	case plan.UnitRatio:
		return c.ratio(b, a.Name)
	}
	d, ok := c.duration(b, a.Name)
	if ok && d <= 0 && unit == plan.UnitNone {
		c.fail(b, diag.OutOfRange, a.Expr.Range(), "No answer takes 0: a limit on %s must be above it.", a.Name)
		return 0, false
	}
	return float64(d), ok
}

func (c *compiler) plainLimit(b *config.Block, a *config.Arg) (float64, bool) {
	v, _, ok := c.known(b, a.Name, cty.DynamicPseudoType)
	if !ok {
		return 0, false
	}
	n, err := convert.Convert(v, cty.Number)
	if err != nil {
		c.fail(b, diag.WrongType, a.Expr.Range(), "The metric counts plain numbers, so its limit is one too, such as %s = 250. For times, sizes and shares it has unit = \"s\", \"B\" or \"ratio\".", a.Name)
		return 0, false
	}
	f, _ := n.AsBigFloat().Float64()
	if f < 0 || math.IsInf(f, 0) {
		c.fail(b, diag.OutOfRange, a.Expr.Range(), "A limit on %s must be a number that is not negative.", a.Name)
		return 0, false
	}
	return f, true
}

// unusedMetrics reports metrics that nothing records: an SLA on one could
// never be judged.
func (c *compiler) unusedMetrics() {
	for _, name := range c.root.Names("metric") {
		b := c.root.Named("metric", name)
		c.keyword(b, "unit") // for what is wrong with it
		if _, ok := c.rows[rowKey{kind: plan.MetricSeries, target: -1, name: name}]; !ok && !b.Broken {
			c.warn(b, diag.Unused, b.Range, "No user records metric %q: a request does with record = { %s = … }.", name, name)
		}
	}
}
