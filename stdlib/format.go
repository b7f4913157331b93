package stdlib

import (
	"strconv"
	"strings"

	"github.com/zclconf/go-cty/cty"

	"throng/dsl/plan"
)

func checkFormatCall(args []cty.Value) error {
	format := args[0].AsString()
	if err := checkFormat(format); err != nil {
		return err
	}
	verbs := strings.Count(format, "%")
	for _, v := range args[1:] {
		if err := product(verbs, textWeight(v)); err != nil {
			return err
		}
	}
	return product(verbs, widest(format))
}

// textWeight is about how many bytes a value takes as JSON.
func textWeight(v cty.Value) int {
	b := budget{left: MaxText}
	if b.spend(v) != nil {
		return MaxText
	}
	return MaxText - b.left
}

// widest is the largest number in a format, which bounds its widths.
func widest(format string) int {
	most, value := 0, 0
	for i := range len(format) {
		if isDigit(format[i]) {
			value = min(value*10+int(format[i]-'0'), maxWidth)
			most = max(most, value)
		} else {
			value = 0
		}
	}
	return most
}

func checkFormatList(args []cty.Value) error {
	longest := 1
	for _, v := range args[1:] {
		if ty := v.Type(); ty.IsListType() || ty.IsSetType() || ty.IsTupleType() {
			longest = max(longest, v.LengthInt())
		}
	}
	format := args[0].AsString()
	if err := checkFormat(format); err != nil {
		return err
	}
	verbs := strings.Count(format, "%")
	size := len(format) + verbs*widest(format)
	for _, v := range args[1:] {
		if ty := v.Type(); ty.IsPrimitiveType() {
			size += verbs * textWeight(v)
		}
	}
	if longest > MaxElements {
		return errElements
	}
	return product(longest, size/16) // a list may hold more than one text's worth
}

// nativeFormat knows %s, %d, %5d and %05d for texts and whole numbers, which
// is what names and identifiers are made with.
func nativeFormat(args []plan.Value) (plan.Value, error) {
	format, err := text(args[0])
	if err != nil {
		return plan.Value{}, err
	}
	var out []byte
	next := 1
	for {
		lit, rest, found := strings.Cut(format, "%")
		out = append(out, lit...)
		if !found {
			break
		}
		if format, found = strings.CutPrefix(rest, "%"); found {
			out = append(out, '%')
			continue
		}
		if next >= len(args) {
			return plan.Value{}, errDecline
		}
		var ok bool
		if out, format, ok = formatVerb(out, rest, args[next]); !ok {
			return plan.Value{}, errDecline
		}
		next++
	}
	if next != len(args) || len(out) > MaxText {
		return plan.Value{}, errDecline
	}
	return plan.StringValue(string(out)), nil
}

// formatVerb appends a value as the verb at the start of s says, and gives
// what follows the verb; false for what it does not know.
func formatVerb(out []byte, s string, v plan.Value) (result []byte, rest string, ok bool) {
	if rest, ok := strings.CutPrefix(s, "s"); ok {
		if v.Kind() != plan.String && v.Kind() != plan.Int {
			return out, "", false
		}
		out, ok = v.AppendText(out)
		return out, rest, ok
	}
	i := 0
	for i < len(s) && isDigit(s[i]) && i < 3 {
		i++
	}
	if i >= len(s) || s[i] != 'd' || v.Kind() != plan.Int {
		return out, "", false
	}
	width, _ := strconv.Atoi(s[:i])
	pad := byte(' ')
	if strings.HasPrefix(s, "0") {
		pad = '0'
	}
	return appendPadded(out, v.Int64(), width, pad), s[i+1:], true
}

// appendPadded appends n, filled up to a width; zeros go after the sign.
func appendPadded(out []byte, n int64, width int, pad byte) []byte {
	digits := strconv.FormatInt(n, 10)
	fill := width - len(digits)
	if n < 0 && pad == '0' {
		out = append(out, '-')
		digits = digits[1:]
	}
	for ; fill > 0; fill-- {
		out = append(out, pad)
	}
	return append(out, digits...)
}
