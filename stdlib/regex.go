package stdlib

import (
	"errors"
	"fmt"
	"regexp"
	"strings"

	"github.com/zclconf/go-cty/cty"

	"throng/dsl/plan"
)

// withPattern gives a function whose first argument is a regular expression a
// lowered form that compiles a constant one once, before the run.
func withPattern(f Function, match func(re *regexp.Regexp, s string) (plan.Value, error)) Function {
	general := f.Lower
	f.Lower = func(call Call) (plan.Expr, error) {
		node, err := general(call)
		if err != nil {
			return nil, err
		}
		c, ok := call.Args[0].(plan.Const)
		if !ok || c.Value.Kind() != plan.String {
			return node, nil
		}
		re, err := compilePattern(c.Value.Str())
		if err != nil {
			return nil, fmt.Errorf("%s: %w", f.Name, err)
		}
		node.(*callNode).native = func(args []plan.Value) (plan.Value, error) {
			s, err := text(args[1])
			if err != nil {
				return plan.Value{}, err
			}
			return match(re, s)
		}
		return node, nil
	}
	return f
}

var errPattern = errors.New("the regular expression is longer than 4096 bytes")

// compilePattern reads the pattern of regex and regexall.
func compilePattern(pattern string) (*regexp.Regexp, error) {
	if len(pattern) > maxPattern {
		return nil, errPattern
	}
	re, err := regexp.Compile(pattern)
	if err != nil {
		return nil, err
	}
	named := 0
	for _, name := range re.SubexpNames()[1:] {
		if name != "" {
			named++
		}
	}
	if named > 0 && named < re.NumSubexp() {
		return nil, errors.New("either all groups of a regular expression have names or none")
	}
	return re, nil
}

func matchFirst(re *regexp.Regexp, s string) (plan.Value, error) {
	m := re.FindStringSubmatchIndex(s)
	if m == nil {
		return plan.Value{}, errors.New("the pattern does not match any part of the text")
	}
	return matched(re, s, m), nil
}

func matchAll(re *regexp.Regexp, s string) (plan.Value, error) {
	most := maxMatches(re)
	all := re.FindAllStringSubmatchIndex(s, most+1)
	if len(all) > most {
		return plan.Value{}, errElements
	}
	items := make([]plan.Value, len(all))
	for i, m := range all {
		items[i] = matched(re, s, m)
	}
	return plan.ListValue(items), nil
}

// maxMatches is how many matches may be made into values.
func maxMatches(re *regexp.Regexp) int { return MaxElements / (re.NumSubexp() + 1) }

// matched is one match as a value: the whole text without groups, else the
// groups as a list or, if they have names, an object. Its texts are copies:
// what a user keeps must not keep a whole answer alive.
func matched(re *regexp.Regexp, s string, m []int) plan.Value {
	group := func(i int) plan.Value {
		if m[2*i] < 0 {
			return plan.NullValue()
		}
		return plan.StringValue(strings.Clone(s[m[2*i]:m[2*i+1]]))
	}
	names := re.SubexpNames()
	switch {
	case len(names) == 1:
		return group(0)
	case names[1] == "":
		items := make([]plan.Value, len(names)-1)
		for i := range items {
			items[i] = group(i + 1)
		}
		return plan.ListValue(items)
	}
	fields := make([]plan.Field, len(names)-1)
	for i := range fields {
		fields[i] = plan.Field{Name: names[i+1], Value: group(i + 1)}
	}
	return plan.ObjectValue(fields)
}

func checkRegex(args []cty.Value) error {
	_, err := compilePattern(args[0].AsString())
	return err
}

func checkRegexAll(args []cty.Value) error {
	re, err := compilePattern(args[0].AsString())
	if err != nil {
		return err
	}
	most := maxMatches(re)
	if len(re.FindAllStringIndex(args[1].AsString(), most+1)) > most {
		return errElements
	}
	return nil
}
