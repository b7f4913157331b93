package stdlib

import (
	"errors"
	"math/big"
	"path"
	"regexp"
	"strings"

	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"
	"github.com/zclconf/go-cty/cty/function/stdlib"

	"throng/dsl/plan"
)

// stringFunctions work on text. Positions and lengths count characters as
// people see them (grapheme clusters).
var stringFunctions = []Function{
	pure(Function{Name: "upper", Category: "string", Signature: "upper(text)",
		Description: "The text in upper case.", Example: `upper("get")`, Result: `"GET"`},
		stdlib.UpperFunc, nil, texts1(func(s string) (plan.Value, error) { return textOf(strings.ToUpper(s)) }), false),
	pure(Function{Name: "lower", Category: "string", Signature: "lower(text)",
		Description: "The text in lower case.", Example: `lower("GET")`, Result: `"get"`},
		stdlib.LowerFunc, nil, texts1(func(s string) (plan.Value, error) { return textOf(strings.ToLower(s)) }), false),
	pure(Function{Name: "title", Category: "string", Signature: "title(text)",
		Description: "The text with the first letter of each word in upper case.", Example: `title("hello world")`, Result: `"Hello World"`},
		stdlib.TitleFunc, nil, nil, false),
	pure(Function{Name: "trim", Category: "string", Signature: "trim(text, characters)",
		Description: "The text without any of the given characters at its start and end.", Example: `trim("?!hello?!", "!?")`, Result: `"hello"`},
		stdlib.TrimFunc, nil, texts2(func(s, set string) (plan.Value, error) { return textOf(strings.Trim(s, set)) }), false),
	pure(Function{Name: "trimspace", Category: "string", Signature: "trimspace(text)",
		Description: "The text without spaces and line breaks at its start and end.", Example: `trimspace("  hello\n")`, Result: `"hello"`},
		stdlib.TrimSpaceFunc, nil, texts1(func(s string) (plan.Value, error) { return textOf(strings.TrimSpace(s)) }), false),
	pure(Function{Name: "chomp", Category: "string", Signature: "chomp(text)",
		Description: "The text without the line breaks at its end.", Example: `chomp("hello\n\n")`, Result: `"hello"`},
		stdlib.ChompFunc, nil, nil, false),
	pure(Function{Name: "indent", Category: "string", Signature: "indent(spaces, text)",
		Description: "The text with so many spaces before every line but the first.", Example: `indent(2, "a:\nb")`, Result: `"a:\n  b"`},
		stdlib.IndentFunc, checkIndent, nil, false),
	pure(Function{Name: "trimprefix", Category: "string", Signature: "trimprefix(text, prefix)",
		Description: "The text without the prefix, if it begins with it.", Example: `trimprefix("/api/users", "/api")`, Result: `"/users"`},
		stdlib.TrimPrefixFunc, nil, texts2(func(s, p string) (plan.Value, error) { return textOf(strings.TrimPrefix(s, p)) }), false),
	pure(Function{Name: "trimsuffix", Category: "string", Signature: "trimsuffix(text, suffix)",
		Description: "The text without the suffix, if it ends with it.", Example: `trimsuffix("photo.jpg", ".jpg")`, Result: `"photo"`},
		stdlib.TrimSuffixFunc, nil, texts2(func(s, p string) (plan.Value, error) { return textOf(strings.TrimSuffix(s, p)) }), false),
	pure(Function{Name: "replace", Category: "string", Signature: "replace(text, search, replacement)",
		Description: "The text with every occurrence of search replaced. A search between slashes is a regular expression (RE2), whose groups the replacement names as $1 or $name.",
		Example:     `replace("1 + 2 + 3", "+", "-")`, Result: `"1 - 2 - 3"`},
		replaceFunc, checkReplace, nativeReplace, false),
	pure(Function{Name: "split", Category: "string", Signature: "split(separator, text)",
		Description: "The parts of the text between the separators, as a list.", Example: `split(",", "a,b,c")`, Result: `["a", "b", "c"]`},
		stdlib.SplitFunc, func(args []cty.Value) error { return checkSplit(args[0].AsString(), args[1].AsString()) },
		texts2(nativeSplit), false),
	pure(Function{Name: "join", Category: "string", Signature: "join(separator, list...)",
		Description: "The elements of the lists as one text, with the separator between them.", Example: `join(", ", ["a", "b"])`, Result: `"a, b"`},
		stdlib.JoinFunc, checkJoin, nativeJoin, false),
	pure(Function{Name: "format", Category: "string", Signature: "format(format, value...)",
		Description: "Text made after a pattern: %s a text, %d a whole number, %5.2f a number with width and decimals, %q a quoted text, %v any value, %% a percent sign.",
		Example:     `format("user-%04d", 7)`, Result: `"user-0007"`},
		stdlib.FormatFunc, checkFormatCall, nativeFormat, false),
	pure(Function{Name: "formatlist", Category: "string", Signature: "formatlist(format, value...)",
		Description: "A list of texts: format, once for every element of the lists among the values.", Example: `formatlist("/items/%d", [1, 2])`, Result: `["/items/1", "/items/2"]`},
		stdlib.FormatListFunc, checkFormatList, nil, false),
	pure(Function{Name: "substr", Category: "string", Signature: "substr(text, offset, length)",
		Description: "A part of the text. A negative offset counts from the end; length -1 means up to the end.", Example: `substr("hello world", 6, 5)`, Result: `"world"`},
		stdlib.SubstrFunc, nil, nativeSubstr, false),
	pure(Function{Name: "startswith", Category: "string", Signature: "startswith(text, prefix)",
		Description: "Whether the text begins with the prefix.", Example: `startswith("https://a.example", "https")`, Result: `true`},
		testFunc(strings.HasPrefix), nil, nativeTest(strings.HasPrefix), false),
	pure(Function{Name: "endswith", Category: "string", Signature: "endswith(text, suffix)",
		Description: "Whether the text ends with the suffix.", Example: `endswith("photo.jpg", ".png")`, Result: `false`},
		testFunc(strings.HasSuffix), nil, nativeTest(strings.HasSuffix), false),
	pure(Function{Name: "strcontains", Category: "string", Signature: "strcontains(text, part)",
		Description: "Whether the part occurs in the text.", Example: `strcontains("hello world", "wor")`, Result: `true`},
		testFunc(strings.Contains), nil, nativeTest(strings.Contains), false),
	pure(Function{Name: "strrev", Category: "string", Signature: "strrev(text)",
		Description: "The text's characters in reverse order.", Example: `strrev("hello")`, Result: `"olleh"`},
		stdlib.ReverseFunc, nil, nil, false),
	plain(Function{Name: "basename", Category: "string", Signature: "basename(path)",
		Description: "The last part of a path with slashes.", Example: `basename("photos/cat.jpg")`, Result: `"cat.jpg"`},
		cty.String, 1, 1, texts1(func(s string) (plan.Value, error) { return textOf(path.Base(s)) })),
	plain(Function{Name: "dirname", Category: "string", Signature: "dirname(path)",
		Description: "A path with slashes without its last part.", Example: `dirname("photos/cat.jpg")`, Result: `"photos"`},
		cty.String, 1, 1, texts1(func(s string) (plan.Value, error) { return textOf(path.Dir(s)) })),
	withPattern(pure(Function{Name: "regex", Category: "string", Signature: "regex(pattern, text)",
		Description: "The first match of a regular expression (RE2): a text without groups in the pattern, a list with groups, an object with named groups. No match is an error; see try.",
		Example:     `regex("code=([^&]+)", "/cb?code=x1&state=2")`, Result: `["x1"]`},
		stdlib.RegexFunc, checkRegex, nil, false), matchFirst),
	withPattern(pure(Function{Name: "regexall", Category: "string", Signature: "regexall(pattern, text)",
		Description: "All matches of a regular expression (RE2), as a list; an empty one without a match.", Example: `regexall("[0-9]+", "a1b22")`, Result: `["1", "22"]`},
		stdlib.RegexAllFunc, checkRegexAll, nil, false), matchAll),
}

func testFunc(test func(a, b string) bool) function.Function {
	return newFunction(cty.Bool, func(args []cty.Value) (cty.Value, error) {
		return cty.BoolVal(test(args[0].AsString(), args[1].AsString())), nil
	}, cty.String, cty.String)
}

func nativeTest(test func(a, b string) bool) native {
	return texts2(func(a, b string) (plan.Value, error) { return plan.BoolValue(test(a, b)), nil })
}

func checkIndent(args []cty.Value) error {
	spaces, accuracy := args[0].AsBigFloat().Int64()
	if accuracy != big.Exact || spaces < 0 || spaces > maxWidth {
		return errors.New("the number of spaces must be a whole number from 0 to 10000")
	}
	s := args[1].AsString()
	if len(s) > MaxText {
		return errText
	}
	return product(strings.Count(s, "\n"), int(spaces))
}

// searchPattern is the regular expression in a search text between slashes.
func searchPattern(search string) (string, bool) {
	if len(search) > 1 && search[0] == '/' && search[len(search)-1] == '/' {
		return search[1 : len(search)-1], true
	}
	return "", false
}

var replaceFunc = newFunction(cty.String, func(args []cty.Value) (cty.Value, error) {
	if pattern, ok := searchPattern(args[1].AsString()); ok {
		return stdlib.RegexReplace(args[0], cty.StringVal(pattern), args[2])
	}
	return stdlib.Replace(args[0], args[1], args[2])
}, cty.String, cty.String, cty.String)

func checkReplace(args []cty.Value) error {
	s, search, with := args[0].AsString(), args[1].AsString(), args[2].AsString()
	pattern, ok := searchPattern(search)
	if !ok {
		return product(strings.Count(s, search), len(with))
	}
	if len(pattern) > maxPattern {
		return errPattern
	}
	re, err := regexp.Compile(pattern) // in which groups may have names or not
	if err != nil {
		return err
	}
	// A replacement can repeat its groups, so its size is reckoned from the
	// matches themselves.
	all := re.FindAllStringIndex(s, MaxElements+1)
	if len(all) > MaxElements {
		return errors.New("the pattern matches more than 100,000 times")
	}
	size := 0
	for _, m := range all {
		size += len(with) + (m[1]-m[0])*strings.Count(with, "$")
		if size > MaxText {
			return errText
		}
	}
	return nil
}

func nativeReplace(args []plan.Value) (plan.Value, error) {
	var in [3]string
	for i, a := range args {
		s, err := text(a)
		if err != nil {
			return plan.Value{}, err
		}
		in[i] = s
	}
	if _, ok := searchPattern(in[1]); ok {
		return plan.Value{}, errDecline
	}
	if err := product(strings.Count(in[0], in[1]), len(in[2])); err != nil {
		return plan.Value{}, err
	}
	return textOf(strings.ReplaceAll(in[0], in[1], in[2]))
}

func checkSplit(sep, s string) error {
	if strings.Count(s, sep) >= MaxElements {
		return errElements
	}
	return nil
}

func nativeSplit(sep, s string) (plan.Value, error) {
	if err := checkSplit(sep, s); err != nil {
		return plan.Value{}, err
	}
	parts := strings.Split(s, sep)
	items := make([]plan.Value, len(parts))
	for i, p := range parts {
		items[i] = plan.StringValue(p)
	}
	return plan.ListValue(items), nil
}

func checkJoin(args []cty.Value) error {
	n, size := 0, 0
	for _, list := range args[1:] {
		for it := list.ElementIterator(); it.Next(); {
			if _, e := it.Element(); !e.IsNull() {
				size += len(e.AsString())
			}
			n++
		}
	}
	if size > MaxText {
		return errText
	}
	return product(n, len(args[0].AsString()))
}

func nativeJoin(args []plan.Value) (plan.Value, error) {
	sep, err := text(args[0])
	if err != nil || len(args) < 2 {
		return plan.Value{}, errDecline
	}
	var out []byte
	n := 0
	for _, list := range args[1:] {
		if list.Kind() != plan.List {
			return plan.Value{}, errDecline
		}
		for _, item := range list.Items() {
			if n > 0 {
				out = append(out, sep...)
			}
			s, err := text(item)
			if err != nil {
				return plan.Value{}, errDecline
			}
			if out = append(out, s...); len(out) > MaxText {
				return plan.Value{}, errText
			}
			n++
		}
	}
	return plan.StringValue(string(out)), nil
}

// nativeSubstr cuts ASCII text; the rest needs the boundaries of characters.
func nativeSubstr(args []plan.Value) (plan.Value, error) {
	s, err := text(args[0])
	if err != nil {
		return plan.Value{}, err
	}
	offset, length := args[1], args[2]
	if offset.Kind() != plan.Int || length.Kind() != plan.Int || offset.Int64() < 0 || !simple(s) {
		return plan.Value{}, errDecline
	}
	from := int(min(offset.Int64(), int64(len(s))))
	to := len(s)
	if n := length.Int64(); n >= 0 && n < int64(to-from) {
		to = from + int(n)
	}
	return textOf(strings.Clone(s[from:to]))
}

// simple reports whether every byte of s is a character of its own.
func simple(s string) bool {
	for i := range len(s) {
		if s[i] >= 0x80 || s[i] == '\r' {
			return false
		}
	}
	return true
}
