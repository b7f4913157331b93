package compile

import (
	"slices"
	"strings"

	"throng/dsl/diag"
	"throng/dsl/plan"
)

// filterTags leaves out the tasks that --tags and --exclude-tags do not want.
// A task is kept when one of its requests has a wanted tag, and left out when
// one has an excluded tag. Start and stop always stay.
func (c *compiler) filterTags() {
	include, exclude := c.options.Tags, c.options.ExcludeTags
	if len(include) == 0 && len(exclude) == 0 || c.diags.HasErrors() {
		return
	}
	known := map[string]bool{}
	for _, s := range c.plan.Series {
		for _, t := range s.Tags {
			known[t] = true
		}
	}
	var names []string
	for t := range known {
		names = append(names, t)
	}
	slices.Sort(names)
	for _, t := range slices.Concat(include, exclude) {
		if !known[t] {
			c.diags.Append(diag.General(diag.UnknownName, "No request has the tag %q. There are: %s.", t, orNone(names)).DidYouMean(t, names))
		}
	}
	left := 0
	for i := range c.plan.Classes {
		class := &c.plan.Classes[i]
		class.Tasks = slices.DeleteFunc(class.Tasks, func(t plan.Task) bool {
			tags := c.taskTags(i, t.Name)
			wanted := len(include) == 0 || intersects(tags, include)
			off := !wanted || intersects(tags, exclude)
			c.offTags = c.offTags || off
			return off
		})
		left += len(class.Tasks)
		if len(class.Tasks) == 0 {
			class.Weight, class.FixedCount = 0, 0
		}
	}
	if left == 0 {
		c.diags.Append(diag.General(diag.NoTasks, "--tags and --exclude-tags leave no task to run."))
	}
}

// taskTags are the tags of all requests of a task, and of tasks within it.
func (c *compiler) taskTags(class int, task string) (tags []string) {
	for _, s := range c.plan.Series {
		if s.Class == class && (s.Task == task || strings.HasPrefix(s.Task, task+"/")) {
			tags = append(tags, s.Tags...)
		}
	}
	return tags
}

func intersects(a, b []string) bool {
	return slices.ContainsFunc(a, func(s string) bool { return slices.Contains(b, s) })
}
