package compile

import (
	"throng/dsl/config"
	"throng/dsl/diag"
	"throng/dsl/plan"
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
		if word, ok := c.keyword(metric, "unit"); ok {
			c.plan.Rows[c.plan.Series[id].Row].Unit = units[word]
		}
		r.Records = append(r.Records, plan.Record{Series: id, Value: n.value, Site: n.site})
	}
	return readsBody
}

// unusedMetrics reports metrics that nothing records: an SLA on one could
// never be judged.
func (c *compiler) unusedMetrics() {
	for _, name := range c.root.Names("metric") {
		b := c.root.Named("metric", name)
		c.keyword(b, "unit") // for what is wrong with it
		if _, ok := c.rows[rowKey{kind: plan.MetricSeries, target: -1, name: name}]; !ok && !b.Broken {
			c.warn(b, diag.Unused, b.Range, "Nothing records metric %q: a request does with record = { %s = … }.", name, name)
		}
	}
}
