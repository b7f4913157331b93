package compile

import (
	"slices"

	"throng/dsl/config"
	"throng/dsl/diag"
	"throng/dsl/plan"
)

// filterTags leaves out the tasks that --tags and --exclude-tags do not want.
// A task is kept when one of its requests has a wanted tag, and left out when
// one has an excluded tag. Start and stop always stay.
func (c *compiler) filterTags() {
	include, exclude := c.options.Tags, c.options.ExcludeTags
	if len(include) == 0 && len(exclude) == 0 || c.diags.HasErrors() || !c.knownTags(slices.Concat(include, exclude)) {
		return
	}
	c.offClasses = map[int]bool{}
	left := 0
	for i := range c.plan.Classes {
		class := &c.plan.Classes[i]
		class.Tasks = slices.DeleteFunc(class.Tasks, func(t plan.Task) bool {
			tags := c.taskTags(&t)
			wanted := len(include) == 0 || intersects(tags, include)
			off := !wanted || intersects(tags, exclude)
			c.offTags = c.offTags || off
			return off
		})
		if !slices.ContainsFunc(class.Tasks, func(t plan.Task) bool { return t.Weight > 0 }) {
			class.Weight, class.FixedCount = 0, 0
			c.offClasses[i] = true
		} else if !c.never(i) {
			left++
		}
	}
	if left == 0 {
		c.diags.Append(diag.General(diag.NoTasks, "--tags and --exclude-tags leave no task to run."))
	}
}

// knownTags reports tags that no request has.
func (c *compiler) knownTags(asked []string) bool {
	var known []string
	for _, s := range c.plan.Series {
		known = append(known, s.Tags...)
	}
	slices.Sort(known)
	known = slices.Compact(known)
	good := true
	for _, t := range asked {
		if !slices.Contains(known, t) {
			good = false
			c.diags.Append(diag.General(diag.UnknownName, "No request has the tag %q. There are: %s.", t, orNone(known)).DidYouMean(t, known))
		}
	}
	return good
}

// taskTags are the tags of all requests of a task, and of tasks within it.
func (c *compiler) taskTags(t *plan.Task) (tags []string) {
	for _, id := range taskSeries(t) {
		tags = append(tags, c.plan.Series[id].Tags...)
	}
	return tags
}

func intersects(a, b []string) bool {
	return slices.ContainsFunc(a, func(s string) bool { return slices.Contains(b, s) })
}

// taskSeries are the series that a task records into.
func taskSeries(t *plan.Task) []int {
	all := stepSeries(t.Steps)
	for _, child := range t.Children() {
		all = append(all, taskSeries(&child)...)
	}
	return all
}

func stepSeries(steps []plan.Step) (all []int) {
	plan.Walk(steps, func(s plan.Step) { all = append(all, plan.SeriesOf(s)...) })
	return all
}

// never reports that no profile has users of a class: its weight is 0, and
// none gives it a load of its own.
func (c *compiler) never(class int) bool {
	k := &c.plan.Classes[class]
	if k.Weight > 0 || k.FixedCount > 0 {
		return false
	}
	profiles := c.root.Tree.Config.Root.Of("profile")
	if c.chosen != nil { // with what it uses
		profiles = append(slices.Clip(profiles), c.chosen)
	}
	return !slices.ContainsFunc(profiles, func(p *config.Block) bool {
		return slices.ContainsFunc(p.Of("user"), func(n *config.Block) bool { return instanceOf(k.Name, n.Name()) })
	})
}

// running marks the series that something of the plan records into: not
// those of classes and tasks that a weight of 0 or --tags switch off.
func (c *compiler) running() []bool {
	on := make([]bool, len(c.plan.Series))
	mark := func(ids []int) {
		for _, id := range ids {
			on[id] = true
		}
	}
	for i := range c.plan.Classes {
		class := &c.plan.Classes[i]
		if c.offClasses[i] || c.never(i) {
			continue
		}
		mark(stepSeries(class.Start))
		mark(stepSeries(class.Stop))
		for t := range class.Tasks {
			if class.Tasks[t].Weight > 0 {
				mark(taskSeries(&class.Tasks[t]))
			}
		}
	}
	return on
}
