package user

import (
	"errors"
	"strings"
	"testing"
	"time"

	"throng/dsl/plan"
	"throng/runtime/record"
	"throng/runtime/transport"
)

// measuring is the plan of a request that records such values into metrics
// of such units, whose series follow its own.
func measuring(r *plan.Request, units ...plan.Unit) *plan.Plan {
	r.Path, r.Method = plan.Literal("/x/1"), "GET"
	p := testPlan(r)
	for i, unit := range units {
		p.Rows = append(p.Rows, plan.Row{Kind: plan.MetricSeries, Target: -1, Name: "m" + string(rune('0'+i)), Unit: unit})
		p.Series = append(p.Series, plan.Series{Kind: plan.MetricSeries, Row: i + 1})
		r.Records[i].Series, r.Records[i].Site = i+1, plan.SiteID(20+i)
	}
	return p
}

func recordOf(values ...plan.Value) (list []plan.Record) {
	for _, v := range values {
		list = append(list, plan.Record{Value: plan.Const{Value: v}})
	}
	return list
}

// measured makes requests and gives what was recorded.
func measured(t *testing.T, p *plan.Plan, r *plan.Request, answers ...transport.Result) *record.Snapshot {
	t.Helper()
	s := &script{clock: transport.NewClock(), answers: answers}
	rec := record.New(record.Config{Series: len(p.Series), Shards: 1})
	u := New(NewEnv(Config{Plan: p, Clock: s.clock, Factory: s}), ID{}, rec.Writer(0))
	for range answers {
		u.request(r)
	}
	return rec.Snapshot(time.Second, true)
}

func number(text string) plan.Value {
	v, ok := plan.ParseNumber(text)
	if !ok {
		panic(text)
	}
	return v
}

func TestMetricsAreRecordedInTheirUnit(t *testing.T) {
	units := []plan.Unit{plan.UnitNumber, plan.UnitSeconds, plan.UnitBytes, plan.UnitRatio, plan.UnitNumber, plan.UnitNumber, plan.UnitSeconds}
	r := &plan.Request{Records: recordOf(number("-2.5"), number("0.1000000000000000000001"), plan.IntValue(65536), number("0.05"),
		plan.NullValue(), plan.Value{}, plan.StringValue("1.5"))}
	s := measured(t, measuring(r, units...), r, ok(200), ok(200))
	if s.Total[0].OK != 2 {
		t.Fatalf("%+v", s.Errors)
	}
	for i, want := range []float64{-2.5, 1e8, 65536, 0.05, 0, 0, 1.5e9} {
		n := int64(2)
		if i == 4 || i == 5 {
			n = 0 // null and missing are no values
		}
		if v := s.Metrics[i+1]; v.Count() != n || v.Min() != want || v.Max() != want {
			t.Errorf("metric %d: %d values in %v..%v, want %d of %v", i, v.Count(), v.Min(), v.Max(), n, want)
		}
	}
}

func TestWhatIsNoNumberFailsTheRequest(t *testing.T) {
	for want, value := range map[string]plan.Value{
		"metric m1 is text that is no number": plan.StringValue("fast"),
		"metric m1 is a bool, not a number":   plan.BoolValue(true),
		"metric m1 is a list, not a number":   plan.ListValue(nil),
		"metric m1 is too large a number":     number("1e350"),
	} {
		r := &plan.Request{Records: recordOf(plan.IntValue(1), value)}
		s := measured(t, measuring(r, plan.UnitNumber, plan.UnitNumber), r, ok(200))
		if s.Total[0].ByClass[plan.FailExpression] != 1 || len(s.Errors) != 1 || s.Errors[0].Detail != want || s.Errors[0].Site != 21 {
			t.Errorf("%s: %+v", want, s.Errors)
		}
		if s.Metrics[1].Count() != 0 {
			t.Errorf("%s: a request that failed recorded a value", want)
		}
	}
	r := &plan.Request{Records: []plan.Record{{Value: plan.Func(func(*plan.Frame) (plan.Value, error) { return plan.Value{}, errors.New("no such thing") })}}}
	s := measured(t, measuring(r, plan.UnitNumber), r, ok(200))
	if len(s.Errors) != 1 || !strings.Contains(s.Errors[0].Detail, "no such thing") || s.Errors[0].Site != 20 {
		t.Errorf("%+v", s.Errors)
	}
}

func TestRequestsThatFailRecordNothing(t *testing.T) {
	r := &plan.Request{Records: recordOf(plan.IntValue(7))}
	p := measuring(r, plan.UnitNumber)
	refused := transport.Result{Class: plan.FailRefused}
	s := measured(t, p, r, ok(200), ok(500), refused, ok(200))
	if s.Metrics[1].Count() != 2 || s.Total[0].Failed != 2 || s.Total[1] != nil {
		t.Errorf("%d values of %d requests that succeeded", s.Metrics[1].Count(), s.Total[0].OK)
	}
}

func TestRecordsSeeTheAnswerAndWhatWasCaptured(t *testing.T) {
	r := &plan.Request{
		Captures: []plan.Capture{{Name: "a", Slot: 0, Value: plan.Const{Value: plan.IntValue(30)}}},
		Records: []plan.Record{{Value: plan.Func(func(f *plan.Frame) (plan.Value, error) {
			return plan.IntValue(f.Slots[0].Int64() + int64(f.Response.Status)), nil
		})}},
	}
	if s := measured(t, measuring(r, plan.UnitNumber), r, ok(204)); s.Metrics[1].Max() != 234 {
		t.Errorf("recorded %v: %+v", s.Metrics[1].Max(), s.Errors)
	}
}

func TestRecordingDoesNotAllocate(t *testing.T) {
	r := &plan.Request{Records: recordOf(plan.IntValue(7), plan.StringValue("25"))}
	p := measuring(r, plan.UnitNumber, plan.UnitSeconds)
	s := &script{clock: transport.NewClock(), answers: []transport.Result{ok(200)}}
	rec := record.New(record.Config{Series: len(p.Series), Shards: 1})
	u := New(NewEnv(Config{Plan: p, Clock: s.clock, Factory: s}), ID{}, rec.Writer(0))
	u.request(r)
	if n := testing.AllocsPerRun(1000, func() { u.request(r) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
