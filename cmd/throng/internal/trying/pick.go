package trying

import (
	"fmt"
	"strings"

	"throng/dsl/plan"
)

// Class is the index of the user called name, or of the first that a run has
// any of when name is "".
func Class(p *plan.Plan, name string) (int, error) {
	var names []string
	for i := range p.Classes {
		c := &p.Classes[i]
		names = append(names, c.Name)
		if name == "" && p.Runs(i) || name != "" && (c.Name == name || c.Family == name) {
			return i, nil
		}
	}
	switch {
	case len(names) == 0:
		return 0, fmt.Errorf("the scenario has no user")
	case name == "":
		return 0, nil
	}
	return 0, fmt.Errorf("there is no user %q; there are: %s", name, strings.Join(names, ", "))
}

// Tasks are the tasks to try: all that are not switched off, in declared
// order, or the one called name, where a task within another is outer/inner.
func Tasks(c *plan.Class, name string) ([]*plan.Task, error) {
	var all []*plan.Task
	if name == "" {
		for i := range c.Tasks {
			if c.Tasks[i].Weight > 0 {
				all = append(all, &c.Tasks[i])
			}
		}
		return all, nil
	}
	if t := find(c.Tasks, name); t != nil {
		return []*plan.Task{t}, nil
	}
	var names []string
	paths(c.Tasks, "", func(path string) { names = append(names, path) })
	return nil, fmt.Errorf("user %s has no task %q; it has: %s", c.Name, name, strings.Join(names, ", "))
}

func find(tasks []plan.Task, path string) *plan.Task {
	for i := range tasks {
		t := &tasks[i]
		if t.Name == path {
			return t
		}
		if rest, ok := strings.CutPrefix(path, t.Name+"/"); ok {
			if inner := find(t.Children(), rest); inner != nil {
				return inner
			}
		}
	}
	return nil
}

func paths(tasks []plan.Task, outer string, visit func(string)) {
	for i := range tasks {
		visit(outer + tasks[i].Name)
		paths(tasks[i].Children(), outer+tasks[i].Name+"/", visit)
	}
}
