package stdlib

import (
	"io/fs"
	"maps"
	"slices"
	"strings"

	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"

	"throng/dsl/plan"
)

// Phase is the earliest time at which a function has a value.
type Phase uint8

// Phases of functions.
const (
	Static Phase = iota // pure: the same arguments give the same result
	User                // draws from the user's seeded source, or reads the clock
)

// Function is one row of the table.
type Function struct {
	Name        string
	Signature   string // "substr(text, offset, length)"
	Description string
	Example     string // an expression
	Result      string // what Example gives, as an expression; one possible result if Phase is User
	Phase       Phase
	Category    string
	Special     bool // has no forms here: the compiler gives it its meaning
	WaitOnly    bool // stands only as a whole in wait

	// Impl is nil for functions of phase User and for special ones.
	Impl function.Function

	// Bind is the function as one user evaluates it; nil unless Phase is
	// User. With a nil frame it checks its arguments and gives an unknown
	// value of the right type.
	Bind func(f *plan.Frame) function.Function

	// Lower makes the plan node of a call; nil where only HCL can evaluate
	// it. An error means arguments that can never work.
	Lower func(call Call) (plan.Expr, error)
}

// Call is a function call whose arguments are lowered already.
type Call struct {
	Args  []plan.Expr
	Types []cty.Type // static types of the arguments, where known; may be nil
	Site  plan.SiteID
}

// typeOf is the static type of argument i; dynamic if it is not known.
func (c Call) typeOf(i int) cty.Type {
	if i < len(c.Types) && c.Types[i] != cty.NilType {
		return c.Types[i]
	}
	return cty.DynamicPseudoType
}

// Table is every function there is, sorted by name. It must not be changed.
var Table = func() []Function {
	all := slices.Concat(stringFunctions, numberFunctions, collectionFunctions, conversionFunctions,
		encodingFunctions, networkFunctions, signingFunctions, timeFunctions, randomFunctions, fileFunctions,
		documentFunctions, fakeFunctions, specialFunctions)
	slices.SortFunc(all, func(a, b Function) int { return strings.Compare(a.Name, b.Name) })
	return all
}()

var byName = func() map[string]*Function {
	m := make(map[string]*Function, len(Table))
	for i := range Table {
		m[Table[i].Name] = &Table[i]
	}
	return m
}()

// Lookup is the function called name.
func Lookup(name string) (*Function, bool) {
	f, ok := byName[name]
	return f, ok
}

// Names are the names of all functions, sorted.
func Names() []string {
	names := make([]string, len(Table))
	for i, f := range Table {
		names[i] = f.Name
	}
	return names
}

// Functions are the pure functions for static evaluation. Those of files read
// what files holds and nothing else (see Dir), and nothing where it is nil;
// try, can, templatefile and templatestring, which need HCL, are the
// compiler's to add.
func Functions(files fs.FS) map[string]function.Function {
	m := make(map[string]function.Function, len(Table))
	for _, f := range Table {
		if f.Phase == Static && !f.Special {
			m[f.Name] = f.Impl
		}
	}
	maps.Copy(m, fileForms(files))
	return m
}

// FileFunctions are those of Functions that read files.
func FileFunctions(files fs.FS) map[string]function.Function { return fileForms(files) }

// CheckFunctions is base and, beside it, the functions of phase User in the
// form that checks arguments and gives unknown values.
func CheckFunctions(base map[string]function.Function) map[string]function.Function {
	return FrameFunctions(base, nil)
}

// FrameFunctions is base and, beside it, the functions of phase User bound to
// one user's frame.
func FrameFunctions(base map[string]function.Function, f *plan.Frame) map[string]function.Function {
	m := maps.Clone(base)
	if m == nil {
		m = map[string]function.Function{}
	}
	for _, fn := range Table {
		if fn.Bind != nil {
			m[fn.Name] = fn.Bind(f)
		}
	}
	return m
}
