package user

import (
	"math"
	"strconv"

	"throng/dsl/plan"
)

// none stands for a metric's value that the answer does not hold.
var none = math.NaN()

// measure evaluates what a request records into metrics, once its answer has
// been judged and captured from. Nothing is recorded before the request is
// booked as a success: all of its values are, or none. A null is no value; a
// value that is no number, or not a finite one, fails the request.
func (u *User) measure(r *plan.Request) verdict { return u.measureAll(r.Records) }

func (u *User) measureAll(records []plan.Record) verdict {
	u.measured = u.measured[:0]
	for i := range records {
		c := &records[i]
		v, err := c.Value.Eval(&u.frame)
		if err != nil {
			return u.wrong(c.Site, err)
		}
		unit := u.env.Plan.Rows[u.env.Plan.Series[c.Series].Row].Unit
		amount, problem := amountOf(v, unit)
		if problem != "" {
			return verdict{plan.FailExpression, "metric " + u.metric(c) + " " + problem, c.Site}
		}
		u.measured = append(u.measured, amount)
		if u.env.trace != nil && !math.IsNaN(amount) {
			u.remark(c.Site, "records %s = %s, in %s", u.metric(c), u.mask().text(numberText(v), false), unitWords[unit])
		}
	}
	return verdict{}
}

// numberText is a number with the digits that a person can use.
func numberText(v plan.Value) string {
	if v.IsNumber() {
		return strconv.FormatFloat(v.Float64(), 'f', -1, 64)
	}
	return v.Text()
}

var unitWords = [...]string{
	plan.UnitNone: "numbers", plan.UnitNumber: "numbers", plan.UnitSeconds: "seconds", plan.UnitBytes: "bytes", plan.UnitRatio: "shares of one",
}

func (u *User) metric(c *plan.Record) string {
	return u.env.Plan.Rows[u.env.Plan.Series[c.Series].Row].Name
}

// amountOf is a value as it is recorded: a time in whole nanoseconds, so that
// no dust of its arithmetic stands beside a limit, all else as it is. Text
// that is a number counts as one, as everywhere in the language. It is none
// for null, and else says what is wrong.
func amountOf(v plan.Value, unit plan.Unit) (amount float64, problem string) {
	if v.IsNull() {
		return none, ""
	}
	if v.Kind() == plan.String {
		n, ok := plan.ParseNumber(v.Str())
		if !ok {
			return none, "is text that is no number"
		}
		v = n
	}
	if !v.IsNumber() {
		return none, "is " + v.TypeName() + ", not a number"
	}
	amount = v.Float64()
	if unit == plan.UnitSeconds {
		amount = math.Round(amount * 1e9)
	}
	if math.IsInf(amount, 0) {
		return none, "is too large a number"
	}
	return amount, ""
}

// record books what a request that succeeded has measured.
func (u *User) record(r *plan.Request) { u.recordAll(r.Records, u.measured, u.sample.Intended) }

func (u *User) recordAll(records []plan.Record, measured []float64, intended int64) {
	for i := range records {
		if v := measured[i]; !math.IsNaN(v) {
			u.writer.Record(int32(records[i].Series), v, intended)
		}
	}
}
