package stdlib

import (
	"errors"
	"strings"

	"github.com/tidwall/gjson"

	"throng/dsl/plan"
)

const (
	maxPath      = 1024 // bytes of a path of gjson
	maxModifiers = 4    // modifiers and composed results in one: each can multiply the text
)

// gjsonOf reads the value at a path. Text that is not JSON has none.
func gjsonOf(s, path string) (plan.Value, error) {
	if err := checkPath(path); err != nil {
		return plan.Value{}, err
	}
	if err := checkNesting(s); err != nil {
		return plan.Value{}, err
	}
	if composed(path) > 0 && !gjson.Valid(s) {
		return plan.NullValue(), nil // what follows modifiers recurses, and relies on the nest as it was counted
	}
	r := gjson.Get(s, path)
	if !r.Exists() {
		return plan.NullValue(), nil
	}
	if err := checkJSON(r.Raw); err != nil {
		return plan.Value{}, err
	}
	left := maxInput
	return fromJSON(r, &left)
}

func checkPath(path string) error {
	switch {
	case len(path) > maxPath:
		return errors.New("the path is longer than 1024 bytes")
	case composed(path) > maxModifiers:
		return errors.New("the path has more than 4 modifiers and composed results")
	}
	return nil
}

// composed counts what makes new JSON instead of finding some.
func composed(path string) int {
	return strings.Count(path, "@") + strings.Count(path, "[") + strings.Count(path, "{") + strings.Count(path, "!")
}

// fromJSON is a result as a value. Its texts are copies: what a user keeps
// must not keep a whole answer alive.
func fromJSON(r gjson.Result, left *int) (plan.Value, error) {
	if *left -= 1 + len(r.Str); *left < 0 {
		return plan.Value{}, errInput
	}
	switch r.Type {
	case gjson.String:
		return plan.StringValue(strings.Clone(r.Str)), nil
	case gjson.True, gjson.False:
		return plan.BoolValue(r.Type == gjson.True), nil
	case gjson.Number:
		n, ok := parseNumber(r.Raw)
		if !ok {
			return n, errors.New("a number in the JSON is malformed, too large or too small")
		}
		return n, nil
	case gjson.JSON:
		return fromJSONParts(r, left)
	}
	return plan.NullValue(), nil
}

func fromJSONParts(r gjson.Result, left *int) (v plan.Value, err error) {
	var items []plan.Value
	var fields []plan.Field
	isObject := r.IsObject()
	r.ForEach(func(key, part gjson.Result) bool {
		v, err = fromJSON(part, left)
		if isObject {
			fields = append(fields, plan.Field{Name: strings.Clone(key.Str), Value: v})
		} else {
			items = append(items, v)
		}
		return err == nil
	})
	switch {
	case err != nil:
		return plan.Value{}, err
	case isObject:
		return plan.ObjectValue(fields), nil
	}
	return plan.ListValue(items), nil
}
