package stdlib

import (
	"errors"
	"math/big"

	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function/stdlib"

	"throng/dsl/plan"
)

// numberFunctions compute with numbers.
var numberFunctions = []Function{
	pure(Function{Name: "abs", Category: "number", Signature: "abs(number)",
		Description: "The number without its sign.", Example: `abs(-1.5)`, Result: `1.5`},
		stdlib.AbsoluteFunc, nil, numbers1(func(n plan.Value) plan.Value {
			return plan.BigValue(new(big.Float).Abs(n.Big()))
		}), false),
	pure(Function{Name: "ceil", Category: "number", Signature: "ceil(number)",
		Description: "The smallest whole number that is not below the number.", Example: `ceil(5.1)`, Result: `6`},
		stdlib.CeilFunc, nil, numbers1(func(n plan.Value) plan.Value { return rounded(n, 1) }), false),
	pure(Function{Name: "floor", Category: "number", Signature: "floor(number)",
		Description: "The largest whole number that is not above the number.", Example: `floor(-4.2)`, Result: `-5`},
		stdlib.FloorFunc, nil, numbers1(func(n plan.Value) plan.Value { return rounded(n, -1) }), false),
	pure(Function{Name: "max", Category: "number", Signature: "max(number...)",
		Description: "The largest of the numbers.", Example: `max(12, 54, 3)`, Result: `54`},
		stdlib.MaxFunc, nil, extreme(1), false),
	pure(Function{Name: "min", Category: "number", Signature: "min(number...)",
		Description: "The smallest of the numbers.", Example: `min([12, 54, 3]...)`, Result: `3`},
		stdlib.MinFunc, nil, extreme(-1), false),
	pure(Function{Name: "pow", Category: "number", Signature: "pow(base, exponent)",
		Description: "The base raised to a power.", Example: `pow(3, 2)`, Result: `9`},
		stdlib.PowFunc, nil, nil, false),
	pure(Function{Name: "log", Category: "number", Signature: "log(number, base)",
		Description: "The logarithm of a number above 0 to a base.", Example: `log(16, 2)`, Result: `4`},
		stdlib.LogFunc, checkLog, nil, false),
	pure(Function{Name: "signum", Category: "number", Signature: "signum(number)",
		Description: "-1, 0 or 1, after the number's sign.", Example: `signum(-13)`, Result: `-1`},
		signumFunc, nil, numbers1(func(n plan.Value) plan.Value { return plan.IntValue(int64(n.Big().Sign())) }), false),
	pure(Function{Name: "parseint", Category: "number", Signature: "parseint(text, base)",
		Description: "The whole number a text holds in a base from 2 to 62.", Example: `parseint("ff", 16)`, Result: `255`},
		stdlib.ParseIntFunc, func(args []cty.Value) error {
			if ty := args[0].Type(); ty == cty.String && len(args[0].AsString()) > 4096 {
				return errors.New("the text is longer than 4096 bytes")
			}
			return nil
		}, nil, false),
	pure(Function{Name: "sum", Category: "number", Signature: "sum(list)",
		Description: "The sum of a list's numbers; the list must not be empty.", Example: `sum([1, 2, 3.5])`, Result: `6.5`},
		sumFunc, nil, nil, false),
}

// checkLog refuses what has no logarithm that is a number.
func checkLog(args []cty.Value) error {
	base := args[1].AsBigFloat()
	if args[0].AsBigFloat().Sign() <= 0 || base.Sign() <= 0 || base.Cmp(big.NewFloat(1)) == 0 {
		return errors.New("the number and the base must be above 0, and the base not 1")
	}
	return nil
}

func numbers1(fn func(n plan.Value) plan.Value) native {
	return func(args []plan.Value) (plan.Value, error) {
		n, err := number(args[0])
		if err != nil {
			return n, err
		}
		return fn(n), nil
	}
}

// rounded is the whole number next to n in a direction, n itself if whole.
func rounded(n plan.Value, direction int) plan.Value {
	if n.Kind() == plan.Int {
		return n
	}
	f := n.Big()
	if f.IsInt() {
		return n
	}
	i, _ := f.Int(nil)
	if f.Sign() == direction {
		i.Add(i, big.NewInt(int64(direction)))
	}
	return plan.BigValue(new(big.Float).SetInt(i))
}

// extreme is the largest or the smallest of the arguments.
func extreme(direction int) native {
	return func(args []plan.Value) (plan.Value, error) {
		if len(args) == 0 {
			return plan.Value{}, errDecline
		}
		var best plan.Value
		for i, a := range args {
			n, err := number(a)
			if err != nil {
				return n, err
			}
			if i == 0 || n.Compare(best) == direction {
				best = n
			}
		}
		return best, nil
	}
}

// signumFunc takes fractions too, which cty's own does not.
var signumFunc = newFunction(cty.Number, func(args []cty.Value) (cty.Value, error) {
	return cty.NumberIntVal(int64(args[0].AsBigFloat().Sign())), nil
}, cty.Number)

var sumFunc = newFunction(cty.Number, func(args []cty.Value) (cty.Value, error) {
	if args[0].LengthInt() == 0 {
		return cty.NilVal, errors.New("the list is empty")
	}
	total := new(big.Float).SetPrec(plan.NumberPrec)
	for it := args[0].ElementIterator(); it.Next(); {
		_, n := it.Element()
		if n.IsNull() {
			return cty.NilVal, errors.New("an element is null")
		}
		total.Add(total, n.AsBigFloat())
	}
	return cty.NumberVal(total), nil
}, cty.List(cty.Number))
