package stdlib

import (
	"errors"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"
	"github.com/zclconf/go-cty/cty/function/stdlib"

	"throng/dsl/plan"
)

// timeFunctions read clocks and compute with times. A point in time is text
// after RFC 3339; a length of time is a number of seconds.
var timeFunctions = []Function{
	pure(Function{Name: "formatdate", Category: "time", Signature: "formatdate(format, timestamp)",
		Description: "A point in time as text: YYYY year, MM month, DD day, hh hour, mm minute, ss second, ZZZZZ offset.",
		Example:     `formatdate("DD.MM.YYYY hh:mm", "2026-01-02T23:12:01Z")`, Result: `"02.01.2026 23:12"`},
		stdlib.FormatDateFunc, nil, nil, false),
	pure(Function{Name: "timeadd", Category: "time", Signature: "timeadd(timestamp, duration)",
		Description: "A point in time moved by a duration, back if it begins with a minus sign.", Example: `timeadd("2026-01-01T00:00:00Z", "1h30m")`, Result: `"2026-01-01T01:30:00Z"`},
		timeAddFunc, nil, texts2(func(at, by string) (plan.Value, error) {
			s, err := timeAdd(at, by)
			return plan.StringValue(s), err
		}), false),
	plain(Function{Name: "timecmp", Category: "time", Signature: "timecmp(timestamp, other)",
		Description: "-1 if the first point in time is earlier, 1 if it is later, 0 if they are the same.", Example: `timecmp("2026-01-01T00:00:00Z", "2026-01-01T02:00:00+01:00")`, Result: `-1`},
		cty.Number, 2, 2, texts2(timeCompare)),
	pure(Function{Name: "seconds", Category: "time", Signature: "seconds(duration)",
		Description: "A duration such as \"2m\" as a number of seconds, the unit of response.elapsed.", Example: `seconds("1m30s")`, Result: `90`},
		secondsFunc, nil, nativeSeconds, false),
	impure(Function{Name: "timestamp", Category: "time", Signature: "timestamp()",
		Description: "The current time in UTC, after RFC 3339. It is not replayed with a seed.", Example: `timestamp()`, Result: `"2026-01-02T23:12:01Z"`},
		cty.String, 0, always(clockDraw{timestamp: true})),
	impure(Function{Name: "unixtime", Category: "time", Signature: "unixtime()",
		Description: "The seconds since 1970 began, with six decimals. It is not replayed with a seed.", Example: `unixtime()`, Result: `1767395521.123456`},
		cty.Number, 0, always(clockDraw{})),
}

func pointInTime(s string) (time.Time, error) {
	t, err := time.Parse(time.RFC3339, s)
	if err != nil {
		return t, errors.New(quoted(s) + ` is not a time; write it like "2026-01-02T23:12:01Z"`)
	}
	return t, nil
}

func timeCompare(a, b string) (plan.Value, error) {
	s, err := pointInTime(a)
	if err != nil {
		return plan.Value{}, err
	}
	t, err := pointInTime(b)
	if err != nil {
		return plan.Value{}, err
	}
	return plan.IntValue(int64(s.Compare(t))), nil
}

func timeAdd(at, by string) (string, error) {
	t, err := pointInTime(at)
	if err != nil {
		return "", err
	}
	positive, back := strings.CutPrefix(by, "-")
	d, err := ParseDuration(positive)
	if err != nil {
		return "", err
	}
	if back {
		d = -d
	}
	return t.Add(d).Format(time.RFC3339), nil
}

var timeAddFunc = newFunction(cty.String, func(args []cty.Value) (cty.Value, error) {
	s, err := timeAdd(args[0].AsString(), args[1].AsString())
	return cty.StringVal(s), err
}, cty.String, cty.String)

var secondsFunc = function.New(&function.Spec{
	Params: []function.Parameter{{Name: "duration", Type: cty.DynamicPseudoType, AllowDynamicType: true}},
	Type:   function.StaticReturnType(cty.Number),
	Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
		v, err := FromCty(args[0])
		if err != nil {
			return cty.NilVal, err
		}
		d, err := duration(v)
		if err != nil {
			return cty.NilVal, err
		}
		return dynamic(secondsValue(d)), nil
	},
})

func nativeSeconds(args []plan.Value) (plan.Value, error) {
	d, err := duration(args[0])
	return secondsValue(d), err
}

// duration reads an argument that is a length of time: a text with units, or
// a number of seconds.
func duration(v plan.Value) (time.Duration, error) {
	if v.Kind() == plan.String {
		return ParseDuration(v.Str())
	}
	if !v.IsNumber() {
		return 0, errors.New(`a duration is text such as "500ms" or a number of seconds, not ` + v.TypeName())
	}
	nanos := math.Round(v.Float64() * 1e9)
	switch {
	case !(nanos >= 0):
		return 0, errors.New("a duration cannot be negative")
	case nanos >= math.MaxInt64:
		return 0, errors.New("the duration is longer than 292 years")
	}
	return time.Duration(nanos), nil
}

// secondsValue is a length of time as a number of seconds.
func secondsValue(d time.Duration) plan.Value {
	if d%time.Second == 0 {
		return plan.IntValue(int64(d / time.Second))
	}
	v, _ := plan.ParseNumber(string(appendSeconds(nil, d)))
	return v
}

// appendSeconds writes it with as many of nine decimals as it needs.
func appendSeconds(dst []byte, d time.Duration) []byte {
	dst = strconv.AppendInt(dst, int64(d/time.Second), 10)
	rest := d % time.Second
	if rest == 0 {
		return dst
	}
	dst = append(dst, '.')
	for unit := time.Second / 10; rest > 0; unit /= 10 {
		dst = append(dst, byte('0'+rest/unit))
		rest %= unit
	}
	return dst
}

// clockDraw reads the machine's clock.
type clockDraw struct{ timestamp bool }

func (c clockDraw) value(f *plan.Frame) plan.Value {
	if c.timestamp {
		return textValue(c, f)
	}
	v, _ := plan.ParseNumber(string(c.appendText(f, nil)))
	return v
}

func (c clockDraw) appendText(_ *plan.Frame, dst []byte) []byte {
	now := time.Now()
	if c.timestamp {
		return now.UTC().AppendFormat(dst, time.RFC3339)
	}
	return appendSeconds(dst, time.Duration(now.UnixMicro())*time.Microsecond)
}
