package plan

import (
	"fmt"
	"strings"
	"time"
)

func (d *dumper) profile(p *Profile) {
	end := p.Duration.String()
	switch {
	case p.Floats && p.Duration > 0:
		end = "about " + end
	case p.Floats:
		end = "until its loads have ended"
	}
	d.line("profile %q, %s, grace %s, warmup %s%s", p.Name, end, p.Grace, p.Warmup, d.at(p.Site))
	d.in(func() {
		d.text("description", p.Description)
		if p.Iterations > 0 {
			d.line("iterations %d", p.Iterations)
		}
		spans := p.Timetable()
		for i := range p.Loads {
			d.load(p, &p.Loads[i], spans[i])
		}
	})
}

func (d *dumper) load(p *Profile, l *Load, s Span) {
	var names []string
	for _, c := range l.Classes {
		names = append(names, d.p.Classes[c].Name)
	}
	unit, how := "users", ""
	if l.Model == Open {
		unit, how = "arrivals a second", fmt.Sprintf(", at most %d users", l.MaxUsers)
		if l.Pooled {
			how += " of all loads together"
		}
		if l.Spacing != Even {
			how += ", spacing " + l.Spacing.String()
		}
		if l.Arrival != ArriveIteration {
			how += ", each a new user"
		}
	}
	d.line("%s load of %s%s%s", l.Model, strings.Join(names, ", "), how, d.at(l.Site))
	d.in(func() {
		d.when(p, l, s)
		for _, s := range l.Stages {
			name := ""
			if s.Name != "" {
				name = fmt.Sprintf("%q ", s.Name)
			}
			d.line("stage %sto %s %s over %s, hold %s", name, number(s.Level), unit, s.Over, s.Hold)
		}
	})
}

// when writes what a load says of its time and its bounds.
func (d *dumper) when(p *Profile, l *Load, s Span) {
	if l.Delay > 0 || len(l.After) > 0 || l.Duration > 0 {
		d.line("from %s to %s%s", planned(s.Begin), planned(s.End), d.following(p, l))
	}
	if l.Iterations > 0 {
		d.line("iterations %d", l.Iterations)
	}
	if l.IterationsPerUser > 0 {
		d.line("iterations %d a user", l.IterationsPerUser)
	}
}

func (d *dumper) following(p *Profile, l *Load) string {
	if len(l.After) == 0 {
		return ""
	}
	var names []string
	for _, a := range l.After {
		name := p.Loads[a].Name
		if name == "" {
			name = "the profile's own load"
		}
		names = append(names, name)
	}
	text := ", after " + strings.Join(names, ", ")
	if l.Delay > 0 {
		text += " and " + l.Delay.String()
	}
	return text
}

func planned(t time.Duration) string {
	if t == Unknown {
		return "a time known only then"
	}
	return t.String()
}

func (d *dumper) override(r Rule) string {
	if r.Override == nil {
		return ""
	}
	if r.Override.Otherwise == nil {
		return fmt.Sprintf(", of profile %s only", r.Override.Profile)
	}
	other := r
	other.Limit, other.Scale = *r.Override.Otherwise, r.Override.Scale
	return fmt.Sprintf(", of profile %s (otherwise %s)", r.Override.Profile, limitText(other))
}

// limitText is a rule's limit in its unit.
func limitText(r Rule) string {
	switch {
	case r.Timed():
		return time.Duration(r.Limit).String()
	case r.Metric == Throughput, r.Metric == Tally && r.Scale == PerSecond:
		return number(r.Limit) + "/s"
	case r.Metric == Tally && r.Scale == Share:
		return number(r.Limit*100) + "%"
	case r.Unit == UnitBytes:
		return number(r.Limit) + " B"
	}
	return number(r.Limit)
}
