package compare

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"
)

// worst is the word for several figures: worse before better, and both before
// no difference.
func worst(list []Change) Word {
	for _, w := range []Word{Worse, Better, Same} {
		if slices.ContainsFunc(list, func(c Change) bool { return c.Word == w }) {
			return w
		}
	}
	return Few
}

// conclude puts the whole into a word and a sentence, what changed first.
func (c *Comparison) conclude() {
	order := []Word{Worse, Better, Same, Few}
	slices.SortStableFunc(c.Requests, func(a, b Request) int {
		return cmp.Compare(slices.Index(order, a.Word), slices.Index(order, b.Word))
	})
	var counts = map[Word]int{}
	var words []Change
	for i := range c.Requests {
		counts[c.Requests[i].Word]++
		words = append(words, c.Requests[i].Figures...)
	}
	for i := range c.SLAs {
		words = append(words, c.SLAs[i].Change)
	}
	c.Word = worst(words)
	var parts []string
	for _, w := range order {
		if n := counts[w]; n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, w))
		}
	}
	c.Says = fmt.Sprintf("%s: of %s %s", strings.ToUpper(string(c.Word)), plural(len(c.Requests), "request"), strings.Join(parts, ", "))
	if len(c.Requests) == 0 {
		c.Says = "TOO FEW DATA: no request was made"
	}
	c.doubt()
}

// doubt lists why a gate cannot rely on the comparison.
func (c *Comparison) doubt() {
	for _, s := range []Facts{c.Base, c.Now} {
		for _, r := range s.Runs {
			name := cmp.Or(r.Dir, s.Name)
			if r.Broken != "" {
				c.Doubts = append(c.Doubts, name+" is incomplete: "+r.Broken)
			}
			if r.Saturated {
				c.Doubts = append(c.Doubts, "the generator of "+name+" was saturated, so its times are its own as well")
			}
		}
	}
	latency := 0
	for i := range c.Requests {
		for _, f := range c.Requests[i].Figures {
			if f.Unit == "ms" && f.Word != Few {
				latency++
			}
		}
	}
	if latency == 0 {
		c.Doubts = append(c.Doubts, "no response time could be compared: too few data")
	}
}

func factsOf(s Side) Facts {
	f := Facts{Name: s.Name, Runs: []Run{}}
	for _, r := range s.Runs {
		rep := r.Report
		f.Runs = append(f.Runs, Run{
			Dir: r.Dir, Scenario: rep.Plan.Scenario, Profile: rep.Plan.Profile, Started: rep.Run.Started.UTC().Format(time.RFC3339),
			Measured: Num(time.Duration(rep.Run.Measured).Seconds()), Requests: rep.Total.Samples, Verdict: rep.Verdict.State.String(),
			Broken: r.Broken, Saturated: len(rep.Generator.Saturated) > 0,
		})
	}
	return f
}
