package changes

import (
	"crypto/sha256"
	"fmt"
	"maps"
	"reflect"
	"strconv"
	"time"

	"throng/dsl/plan"
	"throng/runtime/report/text"
)

// rule adds a field's meaning to a node; owner is the struct around it.
type rule func(w *walker, n *node, owner, field reflect.Value)

// rules are the fields that are not compared as they are: indexes, which
// mean nothing in another plan, and those that read better in other words.
// A nil rule leaves the field out, because another one says the same, or
// because it changes nothing of what is tested.
var rules map[string]rule

func init() {
	rules = map[string]rule{
		// Names are what parts are found by.
		"Target.Name": nil, "Data.Name": nil, "Class.Name": nil, "Task.Name": nil, "SLA.Name": nil,
		"Variable.Name": nil, "Group.Name": nil, "Call.Name": nil, "Loop.Label": nil, "Branch.Name": nil,
		"Pair.Name": nil, "BodyPart.Name": nil, "DataColumn.Name": nil, "Capture.Name": nil,

		"Variable.Origin": nil, "Variable.Given": nil,
		"Variable.Sensitive": flag("sensitive"),
		"Target.Scheme":      func(w *walker, n *node, owner, _ reflect.Value) { address(w, n, owner) },
		"Target.Host":        nil, "Target.Port": nil, "Target.BasePath": nil, "Target.Example": nil,

		"Guard.Consent": nil, // of whoever runs it

		"Data.SHA256":          content,
		"DataColumn.Values":    values,
		"DataColumn.Sensitive": flag("sensitive"),

		"Class.Weight": func(w *walker, n *node, _, v reflect.Value) {
			weight(n, v.Float(), classTotal(w.plan), "the weighted users")
		},
		"Class.FixedCount": func(_ *walker, n *node, _, v reflect.Value) {
			if v.Int() > 0 {
				n.add(fact{name: "fixed count", text: strconv.FormatInt(v.Int(), 10)})
			}
		},
		"Class.Family": func(_ *walker, n *node, owner, v reflect.Value) {
			if v.String() != owner.FieldByName("Name").String() {
				n.add(fact{name: "instance of", text: v.String()})
			}
		},
		"Class.Slots": nil, "Class.Secret": nil, "Class.Reads": nil, // follow from its steps
		"Class.Tasks": nil, "Task.Weight": nil, "Task.Sequence": nil, "TaskSet.Tasks": nil, // by tasks, which knows siblings
		"TaskSet.Next": next,
		"Task.Wait":    wait,

		"Request.Series": tags, "Group.Series": tags,
		"Request.Target": func(w *walker, n *node, _, v reflect.Value) {
			n.add(fact{name: "target", text: w.plan.Targets[v.Int()].Name})
		},
		"Request.Path":      func(w *walker, n *node, _, v reflect.Value) { w.value(n, "path", v) },
		"Request.Query":     func(w *walker, n *node, _, v reflect.Value) { w.list(n, "query", v) },
		"Request.ReadsBody": nil, "Request.KeepsPage": nil, // follow from what reads them
		"Pair.Value":     secret,
		"BodyPart.Value": secret,
		"Body.Text":      func(w *walker, n *node, _, v reflect.Value) { w.value(n, "body", v) },
		"Expect.Text":    nil, // the condition says the same, settled
		"Capture.Slot":   nil, "SlotInit.Slot": nil,
		"Capture.Null": flag("or null"),
		"Record.Series": func(w *walker, n *node, _, v reflect.Value) {
			n.add(fact{name: "metric", text: w.plan.Rows[w.plan.Series[v.Int()].Row].Name})
		},
		"Socket.Series": tags, "Send.Series": tags, "Receive.Series": tags,
		"Socket.Target": func(w *walker, n *node, _, v reflect.Value) {
			n.add(fact{name: "target", text: w.plan.Targets[v.Int()].Name})
		},
		"Socket.Path":   func(w *walker, n *node, _, v reflect.Value) { w.value(n, "path", v) },
		"Socket.Query":  func(w *walker, n *node, _, v reflect.Value) { w.list(n, "query", v) },
		"Socket.Number": nil, "Class.Sockets": nil, // by their names
		"Socket.Name": nil, "Send.Name": nil, "Receive.Name": nil, "Handler.Name": nil, "Beat.Name": nil,
		"Send.Socket": overSocket, "Receive.Socket": overSocket, "CloseSocket.Socket": overSocket,
		"Send.Text":  func(w *walker, n *node, _, v reflect.Value) { w.value(n, "message", v) },
		"Reply.Text": nil, "Receive.Text": nil, "Stream.Text": nil, // the condition says the same, settled
		"Reconnect.Attempts": attempts,
		"Stream.MaxEvents":   unlessZero("stream events"),

		"Loop.Value": nil, "Loop.Index": nil, "Loop.Key": nil, // who reads them says so
		"Repeat.Text": nil,
		"Retry.On":    func(w *walker, n *node, _, v reflect.Value) { retried(n, v) },

		"Load.Classes": func(w *walker, n *node, _, v reflect.Value) { n.add(fact{name: "of", text: listed(w.classes(v))}) },
		"Load.Stages":  stages,
		"Load.MaxUsers": func(_ *walker, n *node, _, v reflect.Value) {
			if v.Int() > 0 {
				n.add(fact{name: "max users", text: strconv.FormatInt(v.Int(), 10)})
			}
		},
		"Load.After":    after,
		"Profile.Loads": nil,

		"SLA.Rules":     limits,
		"SLA.Groups":    judged,
		"SLA.Stages":    judgedStages,
		"SLA.Measure":   unlessZero("measure"),
		"Window.AllBut": unlessZero("window all but"),
		"Window.For":    unlessZero("window broken for"),
		"Abort.Grace":   unlessZero("abort when broken for"),
	}
	maps.Copy(rules, spoken)
	for _, t := range sited {
		rules[t+".Site"] = nil
	}
}

// sited are the types with a place in the source, which is shown and not
// compared.
var sited = []string{
	"Target", "Data", "Class", "Task", "SLA", "Rule", "Profile", "Load", "Request", "Group", "Pause", "Set", "When", "Repeat",
	"Loop", "Choose", "Branch", "Parallel", "Retry", "Leave", "Call", "Record", "Pair", "BodyPart", "Expect", "Capture",
	"Socket", "Handler", "Beat", "Send", "Reply", "Receive", "CloseSocket", "Stream",
}

// words of the enumerations that have no String method.
var enums = map[reflect.Type][]string{
	reflect.TypeFor[plan.Failure]():   {"continue", "task", "user", "run"},
	reflect.TypeFor[plan.Pick]():      {"even", "random"},
	reflect.TypeFor[plan.Lifetime]():  {"run", "iteration"},
	reflect.TypeFor[plan.Order]():     {"sequential", "shuffle", "random", "unique"},
	reflect.TypeFor[plan.Per]():       {"user", "iteration", "shared"},
	reflect.TypeFor[plan.Exhausted](): {"recycle", "stop", "error"},
	reflect.TypeFor[plan.BodyKind]():  {"text", "form", "bytes", "multipart"},
	reflect.TypeFor[plan.WaitKind]():  {"none", "for", "pacing", "throughput"},
}

// enum is the word for a value of an enumeration.
func enum(v reflect.Value) (string, bool) {
	if !v.CanUint() || v.Type().PkgPath() == "" {
		return "", false
	}
	if s, ok := v.Interface().(fmt.Stringer); ok {
		return s.String(), true
	}
	if words := enums[v.Type()]; int(v.Uint()) < len(words) {
		return words[v.Uint()], true
	}
	return "", false
}

func flag(name string) rule {
	return func(_ *walker, n *node, _, v reflect.Value) {
		if v.Bool() {
			n.add(fact{name: name, text: "yes"})
		}
	}
}

func address(w *walker, n *node, owner reflect.Value) {
	t := owner.Interface().(plan.Target)
	n.add(fact{name: "address", text: w.clean(t.URL())})
}

func secret(w *walker, n *node, owner, v reflect.Value) {
	if owner.FieldByName("Secret").Bool() {
		n.add(fact{name: "value", text: "(sensitive)"})
		return
	}
	w.value(n, "value", v)
}

func content(w *walker, n *node, _, v reflect.Value) {
	if sum := v.String(); sum != "" {
		w.file = true
		n.add(fact{name: "content", text: sum, show: fmt.Sprintf("sha256 %.12s", sum)})
	}
}

// values stand for the content of rows that no file holds.
func values(w *walker, n *node, column, _ reflect.Value) {
	c := column.Interface().(plan.DataColumn)
	if c.Len() == 0 || w.file {
		return
	}
	h := sha256.New()
	for i := range c.Len() {
		h.Write(append(c.At(i).AppendJSON(nil, false), '\n'))
	}
	n.add(fact{name: "values", text: fmt.Sprintf("%x", h.Sum(nil)), show: fmt.Sprintf("%d values", c.Len()), opaque: true})
}

func weight(n *node, w, total float64, of string) {
	f := fact{name: "weight", text: number(w)}
	if total > 0 {
		f.show = fmt.Sprintf("%s (%s %% of %s)", f.text, text.Percent(w/total), of)
	}
	n.add(f)
}

func classTotal(p *plan.Plan) (total float64) {
	for i := range p.Classes {
		if p.Classes[i].FixedCount == 0 {
			total += p.Classes[i].Weight
		}
	}
	return total
}

// wait is shown as it was written; what it comes to is compared.
func wait(w *walker, n *node, _, v reflect.Value) {
	x := v.Interface().(plan.Wait)
	if x.Kind == plan.WaitNone {
		return
	}
	kind, _ := enum(reflect.ValueOf(x.Kind))
	settled := w.expr(x.For) + " s"
	if x.Kind != plan.WaitFor {
		settled = kind + " " + settled
	}
	n.add(fact{name: "wait", text: w.clean(settled), show: w.clean(x.Text)})
}

func next(w *walker, n *node, owner, v reflect.Value) {
	set := owner.Interface().(plan.TaskSet)
	for i, row := range set.Next {
		var weights []string
		for k, x := range row {
			if x != 0 {
				weights = append(weights, set.Tasks[k].Name+" "+number(x))
			}
		}
		n.add(fact{name: "after " + set.Tasks[i].Name, text: listed(weights)})
	}
}

func tags(w *walker, n *node, _, v reflect.Value) {
	if t := w.plan.Series[v.Int()].Tags; len(t) > 0 {
		n.add(fact{name: "tags", text: w.clean(listed(t))})
	}
}

func retried(n *node, v reflect.Value) {
	var texts []string
	for _, on := range v.Interface().([]plan.RetryOn) {
		switch {
		case on.Class != plan.OK:
			texts = append(texts, on.Class.String())
		case on.Status.Min == on.Status.Max:
			texts = append(texts, strconv.Itoa(on.Status.Min))
		default:
			texts = append(texts, fmt.Sprintf("%d-%d", on.Status.Min, on.Status.Max))
		}
	}
	if len(texts) > 0 {
		n.add(fact{name: "on", text: listed(texts)})
	}
}

func (w *walker) classes(v reflect.Value) []string {
	var names []string
	for i := range v.Len() {
		names = append(names, w.className(int(v.Index(i).Int())))
	}
	return names
}

// after names the loads that a load follows by their users.
func after(w *walker, n *node, _, v reflect.Value) {
	var names []string
	for i := range v.Len() {
		load := reflect.ValueOf(&w.plan.Profile.Loads[v.Index(i).Int()]).Elem()
		names = append(names, w.classes(load.FieldByName("Classes"))...)
	}
	if len(names) > 0 {
		n.add(fact{name: "after", text: listed(names)})
	}
}

// stages say one level in words of its own, and several one by one.
func stages(w *walker, n *node, owner, v reflect.Value) {
	unit := "users"
	if owner.Interface().(plan.Load).Model == plan.Open {
		unit = "arrivals a second"
	}
	for i := range v.Len() {
		k := &node{}
		w.fields(k, v.Index(i), "")
		if v.Len() == 1 {
			for _, f := range k.facts {
				n.add(fact{name: stageWord(f.name, unit), text: f.text})
			}
			return
		}
		name := fmt.Sprintf("stage %d", i+1)
		if f, ok := k.fact("name"); ok {
			name += " " + strconv.Quote(f.text)
		}
		n.add(fact{name: name, text: k.line(), show: stageLine(k, unit)})
	}
}

func stageWord(name, unit string) string {
	switch name {
	case "level":
		return unit
	case "over":
		return "ramp"
	}
	return name
}

func stageLine(k *node, unit string) string {
	var level, rest string
	for _, f := range k.facts {
		switch f.name {
		case "name":
		case "level":
			level = "to " + f.text + " " + unit
		default:
			if f.text != "0s" {
				rest += ", " + f.name + " " + f.text
			}
		}
	}
	return level + rest
}

// limits say what an SLA asks for.
func limits(_ *walker, n *node, _, v reflect.Value) {
	for _, r := range v.Interface().([]plan.Rule) {
		name := r.Name
		if r.Warn {
			name += " (warning)"
		}
		exact := number(r.Limit)
		switch {
		case r.Unit != plan.UnitNone:
			exact += " " + r.Unit.String()
		case r.Metric == plan.Tally && r.Scale == plan.Share:
			exact += " of all"
		}
		f := fact{name: name, text: "at most " + exact, show: "at most " + limit(r), limit: true, strict: -r.Limit}
		if r.AtLeast {
			f.text, f.show, f.strict = "at least "+exact, "at least "+limit(r), r.Limit
		}
		if r.Confidence > 0 {
			f.text += ", sure to " + number(r.Confidence)
			f.show += ", " + text.Limit(r.Confidence, text.Ratio) + " sure"
		}
		n.add(f)
	}
}

// judgedStages are one fact: a stage is nothing by itself here.
func judgedStages(w *walker, n *node, _, v reflect.Value) {
	var list []string
	for _, s := range v.Interface().([]plan.StageTime) {
		list = append(list, fmt.Sprintf("%s (%s to %s)", w.clean(s.Name), s.Begin, s.End))
	}
	if list != nil {
		n.add(fact{name: "only what begins in", text: listed(list)})
	}
}

func unlessZero(name string) rule {
	return func(_ *walker, n *node, _, v reflect.Value) {
		if !v.IsZero() {
			n.add(fact{name: name, text: fmt.Sprint(v.Interface())})
		}
	}
}

// limit is a limit as people read it.
func limit(r plan.Rule) string {
	switch {
	case r.Timed():
		return time.Duration(r.Limit).String()
	case r.Metric == plan.ErrorRate, r.Unit == plan.UnitRatio:
		return text.Percent(r.Limit) + " %"
	case r.Metric == plan.Tally && r.Scale == plan.Share:
		return text.Percent(r.Limit) + " %"
	case r.Metric == plan.Throughput, r.Metric == plan.Tally && r.Scale == plan.PerSecond:
		return number(r.Limit) + "/s"
	case r.Unit == plan.UnitBytes:
		return number(r.Limit) + " B"
	}
	return number(r.Limit)
}

// judged says how an SLA is judged; what it covers is compared apart.
func judged(w *walker, n *node, _, v reflect.Value) {
	how := "each request by itself"
	for _, g := range v.Interface().([]plan.Judged) {
		if g.Row < 0 {
			how = "all together"
		}
		for _, s := range g.Series {
			n.covers = append(n.covers, w.seriesName(s))
		}
	}
	n.add(fact{name: "judged", text: how})
}
