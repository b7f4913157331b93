package diag

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
)

// FromHCL turns what HCL's parser and evaluator found into our diagnostics:
// each of its summaries has a code, a "Did you mean" becomes the suggestion,
// and the values of an expression's variables are kept. A value with any mark
// counts as sensitive; it is not shown, and neither is the reason why a
// function refused it. A syntax error in a line that holds a bad character or
// string is left out: it only follows from that.
func FromHCL(found hcl.Diagnostics) Diagnostics {
	type line struct {
		file   string
		number int
	}
	spoilt, limited := map[line]bool{}, false
	ds := make(Diagnostics, 0, len(found))
	for _, h := range found {
		if h == nil {
			continue
		}
		d := fromHCL(h)
		if d.Code == LimitExceeded && limited {
			continue // it is one limit, however many places come to it
		}
		limited = limited || d.Code == LimitExceeded
		if d.Subject != nil {
			at := line{d.Subject.Filename, d.Subject.Start.Line}
			if d.Code == Syntax && spoilt[at] {
				continue
			}
			spoilt[at] = spoilt[at] || d.Code == InvalidCharacter || d.Code == InvalidString
		}
		ds = append(ds, d)
	}
	return ds
}

func fromHCL(h *hcl.Diagnostic) *Diagnostic {
	d := &Diagnostic{Code: codeOf(h), Detail: h.Detail, Subject: h.Subject, Context: h.Context}
	d.Summary = Summary(d.Code)
	if h.Severity == hcl.DiagWarning {
		d.Severity = Warning
	}
	if i := strings.LastIndex(d.Detail, "Did you mean "); i >= 0 && strings.HasSuffix(d.Detail, "?") {
		d.Suggestion = d.Detail[i:]
		d.Detail = strings.TrimSpace(d.Detail[:i])
	}
	if d.Detail == "" {
		d.Detail = h.Summary + "."
	}
	if strings.HasSuffix(d.Detail, "..") && !strings.HasSuffix(d.Detail, "...") { // a function's own full stop, and HCL's
		d.Detail = strings.TrimSuffix(d.Detail, ".")
	}
	if strings.HasPrefix(d.Detail, "Template sequences are not allowed in this string") {
		d.Detail = "Labels and plain names are fixed texts: what stands in them cannot change."
		d.Suggestion = "In a request's label write the part that changes as :name, and give it a value: params = { name = … }."
	}
	if limit, ok := LimitIn(h); ok {
		d.Code, d.Summary, d.Detail = LimitExceeded, Summary(LimitExceeded), limit.Error()
	}
	var secret bool
	d.Values, secret = valuesOf(h.Expression, h.EvalContext)
	if secret && (d.Code == FunctionFailed || d.Code == FunctionArguments) {
		d.Detail = "The call failed. The reason is withheld, because it could show a sensitive value that the call was given."
	}
	return d
}

// LimitError is what a function returns that would take more work than is
// granted: full sentences, which are shown as they are.
type LimitError string

func (e LimitError) Error() string { return string(e) }

// LimitIn is the limit that a finding of HCL's evaluator is about, also where
// a function reported it.
func LimitIn(h *hcl.Diagnostic) (LimitError, bool) {
	if h.Summary == Summary(LimitExceeded) {
		return LimitError(h.Detail), true
	}
	var limit LimitError
	if call, ok := hcl.DiagnosticExtra[hclsyntax.FunctionCallDiagExtra](h); ok && errors.As(call.FunctionCallError(), &limit) {
		return limit, true
	}
	return "", false
}

// codeOf finds the code of HCL's summary.
func codeOf(h *hcl.Diagnostic) string {
	if code, ok := hclCodes[h.Summary]; ok {
		return code
	}
	s := h.Summary
	switch {
	case strings.HasPrefix(s, "Extraneous label for "), strings.HasPrefix(s, "Missing ") && strings.Contains(s, " for "):
		return BlockLabels
	case strings.HasPrefix(s, "Extra characters in "), strings.HasPrefix(s, "Unexpected ") && strings.HasSuffix(s, " directive"):
		return InvalidTemplate
	case strings.HasPrefix(s, "Unexpected ") && strings.HasSuffix(s, " block"):
		return UnknownBlock
	case h.Expression != nil:
		return InvalidExpression
	}
	return Syntax
}

// maxValues bounds the values shown with one diagnostic.
const maxValues = 8

// valuesOf renders the variables of an expression, sorted by name. The second
// result reports whether any of them is sensitive.
func valuesOf(expr hcl.Expression, ctx *hcl.EvalContext) (values []Value, secret bool) {
	if expr == nil || ctx == nil {
		return nil, false
	}
	seen := map[string]bool{}
	for _, traversal := range expr.Variables() {
		for len(traversal) > 0 {
			v, diags := traversal.TraverseAbs(ctx)
			if diags.HasErrors() {
				// The part before the step that fails is what explains it.
				traversal = traversal[:len(traversal)-1]
				continue
			}
			secret = secret || v.ContainsMarked()
			name := traversalText(traversal)
			if !seen[name] {
				seen[name] = true
				values = append(values, Value{Name: name, Text: ValueText(v)})
			}
			break
		}
	}
	slices.SortFunc(values, func(a, b Value) int { return strings.Compare(a.Name, b.Name) })
	return values[:min(len(values), maxValues)], secret
}

// traversalText is a traversal as written in source.
func traversalText(t hcl.Traversal) string {
	var b strings.Builder
	for _, step := range t {
		switch s := step.(type) {
		case hcl.TraverseRoot:
			b.WriteString(s.Name)
		case hcl.TraverseAttr:
			b.WriteString("." + s.Name)
		case hcl.TraverseIndex:
			b.WriteString("[" + ValueText(s.Key) + "]")
		case hcl.TraverseSplat:
			b.WriteString("[*]")
		}
	}
	return b.String()
}

// ValueText describes a value in a few words: simple values as HCL writes
// them, others by their size. Values with any mark are "(sensitive value)".
func ValueText(v cty.Value) string {
	switch {
	case v == cty.NilVal:
		return "nothing"
	case v.IsMarked():
		return "(sensitive value)"
	case !v.IsKnown():
		return "known only while users run"
	case v.IsNull():
		return "null"
	}
	ty := v.Type()
	switch {
	case ty == cty.Bool:
		return fmt.Sprint(v.True())
	case ty == cty.Number:
		return shorten(v.AsBigFloat().Text('g', 20))
	case ty == cty.String:
		return fmt.Sprintf("%q", shorten(v.AsString()))
	case ty.IsObjectType():
		return "an object with " + count(len(ty.AttributeTypes()), "attribute")
	case ty.IsListType(), ty.IsTupleType():
		return "a list of " + count(v.LengthInt(), "element")
	case ty.IsSetType():
		if !v.Length().IsKnown() {
			return "a set"
		}
		return "a set of " + count(v.LengthInt(), "element")
	case ty.IsMapType():
		return "a map of " + count(v.LengthInt(), "element")
	}
	return "a value of type " + ty.FriendlyName()
}

func count(n int, noun string) string {
	if n != 1 {
		noun += "s"
	}
	return fmt.Sprintf("%d %s", n, noun)
}

// shorten cuts long text, at a character's edge.
func shorten(s string) string {
	const longest = 100
	if len(s) <= longest {
		return s
	}
	return strings.ToValidUTF8(s[:longest], "") + "…"
}

// hclCodes maps the summaries of the hcl, hclsyntax and json packages.
var hclCodes = func() map[string]string {
	m := map[string]string{}
	for code, summaries := range map[string][]string{
		Syntax: {
			"Argument definition required", "Argument or block definition required", "Attribute name required",
			"Extra characters after expression", "Index value required", "Invalid 'for' directive", "Invalid argument name",
			"Invalid attribute name", "Invalid block definition", "Invalid expression", "Invalid legacy index syntax",
			"Invalid number literal", "Invalid path step", "Invalid single-argument block definition",
			"Missing argument separator", "Missing attribute separator", "Missing attribute seperator comma", "Missing attribute value",
			"Missing block label", "Missing expression", "Missing false expression in conditional", "Missing function name",
			"Missing item separator", "Missing key/value separator", "Missing newline after block definition",
			"Missing object value", "Missing open parenthesis", "Missing value", "Unsupported operator", "Variable name required",
			"Invalid function name", "Ambiguous attribute key",
		},
		InvalidCharacter: {"Invalid character", "Invalid character encoding"},
		Unclosed: {
			"Mismatched braces", "Mismatched brackets", "Missing close bracket on index", "Missing close bracket on splat index",
			"Missing closing parenthesis", "Unbalanced parentheses", "Unclosed configuration block", "Unclosed configuration body",
			"Unclosed index brackets", "Unclosed object", "Unclosed template interpolation sequence", "Unterminated function call",
			"Unterminated object constructor expression", "Unterminated string literal", "Unterminated template string",
			"Unterminated tuple constructor expression", "Unexpected end of template",
		},
		InvalidString: {"Invalid escape sequence", "Invalid multi-line string", "Invalid string literal"},
		InvalidTemplate: {
			"Extra characters after interpolation expression", "Invalid template control keyword", "Invalid template directive",
			"Unexpected else directive",
		},
		JSONSyntax: {
			"Duplicate JSON object property", "Extraneous JSON object property", "Extraneous data after value", "Incorrect JSON value type",
			"Invalid JSON keyword", "Invalid JSON number", "Invalid JSON string", "Invalid array value", "Invalid object property name",
			"Invalid start of value", "Missing JSON value", "Missing array element value", "Missing property value colon",
			"Root value must be object", "Trailing comma in array", "Trailing comma in object",
		},
		UnknownArgument:      {"Unsupported argument"},
		UnknownBlock:         {"Unsupported block type"},
		MissingArgument:      {"Missing required argument"},
		DuplicateArgument:    {"Attribute redefined", "Duplicate argument", "Duplicate attribute definition"},
		UnknownName:          {"Unknown variable"},
		NotConstant:          {"Variables not allowed", "Function calls not allowed"},
		UnknownAttribute:     {"Unsupported attribute", "Missing map element"},
		UnknownFunction:      {"Call to unknown function"},
		FunctionArguments:    {"Invalid function argument", "Not enough function arguments", "Too many function arguments", "Invalid expanding argument value"},
		FunctionFailed:       {"Error in function call"},
		WrongType:            {"Unsuitable value type", "Incorrect value type", "Invalid default value for optional attribute"},
		NullValue:            {"Attempt to get attribute from null value", "Attempt to index null value", "Iteration over null value"},
		InvalidIndex:         {"Invalid index"},
		InvalidOperand:       {"Invalid operand"},
		OperationFailed:      {"Operation failed", "Division by zero"},
		InvalidCondition:     {"Incorrect condition type", "Null condition", "Condition is null"},
		InconsistentTypes:    {"Inconsistent conditional result types"},
		InvalidFor:           {"Invalid 'for' condition", "Invalid 'for' expression", "Iteration over non-iterable value"},
		InvalidSplat:         {"Invalid nested splat expressions", "Nested splat expression not allowed", "Splat of null value"},
		InvalidKey:           {"Incorrect key type", "Invalid object key", "Invalid object key expression", "Null value as key"},
		DuplicateKey:         {"Duplicate object attribute", "Duplicate object key"},
		InvalidInterpolation: {"Invalid template interpolation value"},
		LimitExceeded:        {Summary(LimitExceeded)},
		FileUnreadable:       {"Failed to open file", "Failed to read file", "Failed to close file", "Configuration file not found"},
	} {
		for _, s := range summaries {
			m[s] = code
		}
	}
	return m
}()
