package library

// inputs compares the variables of a library or, where owner names one, the
// inputs of a task.
func (d *differ) inputs(kind, owner string, old, now []Input) {
	c := &inputs{d, kind, owner}
	sides(old, now, func(i *Input) string { return i.Name }, c.both,
		func(o *Input, instead string) {
			c.add(Major, o.Name, nil, "%s is gone: a caller that sets it gets an error.%s", c.called(o), instead)
		},
		func(n *Input) {
			if n.Required {
				c.add(Major, n.Name, &n.Site, "%s is new and has no default: every caller has to set it.", c.called(n))
			} else {
				c.add(Minor, n.Name, &n.Site, "%s is new.", c.called(n))
			}
		})
}

type inputs struct {
	d           *differ
	kind, owner string
}

// called is how a sentence names an input.
func (c *inputs) called(i *Input) string {
	if c.owner == "" {
		return `The input "` + i.Name + `"`
	}
	return `The input "` + i.Name + `" of the ` + c.kind + ` "` + c.owner + `"`
}

func (c *inputs) add(s Severity, name string, at *Site, format string, args ...any) {
	c.d.add(s, c.kind, c.of(name), at, format, args...)
}

// of is what a change of an input is a change of.
func (c *inputs) of(name string) string {
	if c.owner != "" {
		return c.owner
	}
	return name
}

func (c *inputs) both(o, n *Input) {
	name, at := c.called(n), &n.Site
	c.typing(o, n)
	switch {
	case n.Required && !o.Required:
		c.add(Major, n.Name, at, "%s has no default any more: every caller has to set it.", name)
	case o.Required && !n.Required:
		c.add(Minor, n.Name, at, "%s has a default now.", name)
	case o.value == n.value, o.Type != n.Type: // the type says it
	case o.Sensitive || n.Sensitive:
		c.add(Minor, n.Name, at, "%s has another default: callers that do not set it get another value.", name)
	default:
		c.add(Minor, n.Name, at, "The default of %s was %s and is %s: callers that do not set it get another value.", lower(name), o.value, n.value)
	}
	c.d.sensitive(c.kind, name, c.of(n.Name), o.Sensitive, n.Sensitive, at)
	switch {
	case o.Nullable && !n.Nullable:
		c.add(Major, n.Name, at, "%s must not be null any more.", name)
	case n.Nullable && !o.Nullable:
		c.add(Minor, n.Name, at, "%s may be null now.", name)
	}
	for _, rule := range missing(n.Validations, o.Validations) {
		c.add(Major, n.Name, at, "%s has to meet a new condition, so values that were accepted may be refused: %s.", name, rule)
	}
	for _, rule := range missing(o.Validations, n.Validations) {
		c.add(Minor, n.Name, at, "%s no longer has to meet the condition %s.", name, rule)
	}
	if o.Description != n.Description {
		c.add(Patch, n.Name, at, "%s is described in other words.", name)
	}
}

func (c *inputs) typing(o, n *Input) {
	if o.Type == n.Type {
		return
	}
	if why := accepts(n.Name, n.kind.ty, o.kind.ty); why != "" {
		c.add(Major, n.Name, &n.Site, "The type of %s refuses or ignores values that it took: %s.", lower(c.called(n)), why)
		return
	}
	c.add(Minor, n.Name, &n.Site, "The type of %s was %s and is %s.", lower(c.called(n)), o.Type, n.Type)
}

// lower is a sentence's beginning within the sentence.
func lower(name string) string { return "t" + name[1:] }
