package stdlib

import "throng/dsl/plan"

func nativeLength(args []plan.Value) (plan.Value, error) {
	v := args[0]
	switch v.Kind() {
	case plan.List:
		return plan.IntValue(int64(len(v.Items()))), nil
	case plan.Object:
		return plan.IntValue(int64(len(v.Fields()))), nil
	case plan.String:
		if simple(v.Str()) {
			return plan.IntValue(int64(len(v.Str()))), nil
		}
	}
	return v, errDecline
}

func nativeConcat(args []plan.Value) (plan.Value, error) {
	var items []plan.Value
	for _, a := range args {
		if a.Kind() != plan.List {
			return plan.Value{}, errDecline
		}
		if items = append(items, a.Items()...); len(items) > MaxElements {
			return plan.Value{}, errElements
		}
	}
	if len(args) == 0 {
		return plan.Value{}, errDecline
	}
	return plan.ListValue(items), nil
}

func nativeContains(args []plan.Value) (plan.Value, error) {
	if args[0].Kind() != plan.List {
		return plan.Value{}, errDecline
	}
	for _, item := range args[0].Items() {
		if item.Equal(args[1]) {
			return plan.BoolValue(true), nil
		}
	}
	return plan.BoolValue(false), nil
}

func nativeKeys(args []plan.Value) (plan.Value, error) {
	return fromFields(args[0], func(f plan.Field) plan.Value { return plan.StringValue(f.Name) })
}

func nativeValues(args []plan.Value) (plan.Value, error) {
	return fromFields(args[0], func(f plan.Field) plan.Value { return f.Value })
}

func fromFields(v plan.Value, pick func(plan.Field) plan.Value) (plan.Value, error) {
	fields := v.Fields()
	if v.Kind() != plan.Object || len(fields) > MaxElements {
		return v, errDecline
	}
	items := make([]plan.Value, len(fields))
	for i, f := range fields {
		items[i] = pick(f)
	}
	return plan.ListValue(items), nil
}

func nativeLookup(args []plan.Value) (plan.Value, error) {
	key, err := text(args[1])
	if args[0].Kind() != plan.Object || err != nil || args[2].IsNull() {
		return plan.Value{}, errDecline
	}
	if v := args[0].Field(key); v.Kind() != plan.Missing {
		return v, nil
	}
	return args[2], nil
}

func nativeMerge(args []plan.Value) (plan.Value, error) {
	var fields []plan.Field
	for _, a := range args {
		if a.Kind() != plan.Object {
			return plan.Value{}, errDecline
		}
		if fields = append(fields, a.Fields()...); len(fields) > MaxElements {
			return plan.Value{}, errElements
		}
	}
	return plan.ObjectValue(fields), nil
}

func nativeElement(args []plan.Value) (plan.Value, error) {
	items := args[0].Items()
	i, err := number(args[1])
	if err != nil || i.Kind() != plan.Int || len(items) == 0 {
		return plan.Value{}, errDecline
	}
	n := int64(len(items))
	return items[((i.Int64()%n)+n)%n], nil
}

func nativeReverse(args []plan.Value) (plan.Value, error) {
	items := args[0].Items()
	if args[0].Kind() != plan.List || len(items) > MaxElements {
		return plan.Value{}, errDecline
	}
	out := make([]plan.Value, len(items))
	for i, item := range items {
		out[len(items)-1-i] = item
	}
	return plan.ListValue(out), nil
}

func nativeQuantifier(decides bool) native {
	return func(args []plan.Value) (plan.Value, error) {
		if args[0].Kind() != plan.List {
			return plan.Value{}, errDecline
		}
		result := !decides
		for _, item := range args[0].Items() {
			switch item.Kind() {
			case plan.Bool:
				if item.True() == decides {
					result = decides
				}
			case plan.Missing, plan.Null:
				if !decides {
					result = false
				}
			default:
				return plan.Value{}, errDecline
			}
		}
		return plan.BoolValue(result), nil
	}
}
