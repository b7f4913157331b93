package testfile

import (
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"github.com/hashicorp/hcl/v2/hclsyntax"

	"throng/dsl/config"
	"throng/dsl/diag"
	"throng/dsl/plan"
	"throng/stdlib"
)

// laws are the functions that draw lengths of time.
var laws = []string{"between", "constant", "exponential", "lognormal", "normal", "pareto"}

// law is how long a route lets its clients wait.
type law struct {
	fixed time.Duration
	drawn plan.Delayer // instead, where it is not nil
}

// law reads a latency.
func (x *expression) law(vars *variables, meter *config.Meter) (law, diag.Diagnostics) {
	call, ok := x.syntax.(*hclsyntax.FunctionCallExpr)
	if ok && slices.Contains(laws, call.Name) {
		return x.drawn(call, vars, meter)
	}
	v, found := x.value(vars.roots(), meter)
	if found.HasErrors() || v.IsNull() || !v.IsWhollyKnown() {
		return law{}, found
	}
	length, problem := durationOf(v, x.syntax)
	if problem != "" {
		found.Append(diag.New(diag.InvalidDuration, x.at, "%s", problem))
	}
	return law{fixed: length}, found
}

// drawn reads a law of the standard library, called with values that are
// known.
func (x *expression) drawn(call *hclsyntax.FunctionCallExpr, vars *variables, meter *config.Meter) (law, diag.Diagnostics) {
	fn, _ := stdlib.Lookup(call.Name)
	var args []plan.Expr
	for _, arg := range call.Args {
		v, found := newExpression(arg, x.language).value(vars.roots(), meter)
		if found.HasErrors() || !v.IsWhollyKnown() {
			return law{}, found
		}
		value, err := stdlib.FromCty(v)
		if err != nil {
			return law{}, diag.Diagnostics{diag.New(diag.FunctionArguments, arg.Range(), "%s", sentence(err))}
		}
		args = append(args, plan.Const{Value: value})
	}
	lowered, err := fn.Lower(stdlib.Call{Args: args})
	if err != nil {
		return law{}, diag.Diagnostics{diag.New(diag.FunctionArguments, call.Range(), "%s", sentence(err))}
	}
	delayer, _ := lowered.(plan.Delayer)
	return law{drawn: delayer}, nil
}

// draws is a function that draws by the law. The numbers follow from the seed
// and the stream alone.
func (l law) draws(seed, stream uint64) func() time.Duration {
	if l.drawn == nil {
		return func() time.Duration { return l.fixed }
	}
	var mu sync.Mutex
	frame := &plan.Frame{Rand: rand.New(rand.NewPCG(seed, stream))}
	return func() time.Duration {
		mu.Lock()
		defer mu.Unlock()
		d, _ := l.drawn.Delay(frame)
		return min(d, maxDuration)
	}
}
