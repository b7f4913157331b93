package exampleapi

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// A Fault makes a service misbehave. ParseFault describes the kinds and their
// notation; fields that a kind does not use are zero.
type Fault struct {
	Kind    string
	Route   string        // "GET /api/leads/:id", or "/api/leads/:id" for any method; empty for every route
	Delay   time.Duration // added latency
	Drift   time.Duration // further latency for each second that the fault has been active
	Percent float64       // share of the requests or messages it hits, 0 to 100
	Count   int           // connections of the pool; requests at the same time; messages that a socket's fault hits at most
	Bytes   int64         // kept for each request
	Status  int           // of an error answer, 400 to 599
	Max     int64         // bytes that a leak keeps at most
	Wait    time.Duration // how long a request waits for a connection
	After   time.Duration // begins so long after it was switched on
	For     time.Duration // lasts so long; 0 is for ever
	Every   time.Duration // begins again after so long; 0 is never
}

// The kinds of faults.
const (
	faultSlow        = "slow"
	faultBimodal     = "bimodal"
	faultErrors      = "errors"
	faultDrop        = "drop"
	faultHang        = "hang"
	faultLeak        = "leak"
	faultPool        = "pool"
	faultBreak       = "break"
	faultWSDrop      = "ws-drop"
	faultWSStall     = "ws-stall"
	faultWSRestart   = "ws-restart"
	faultWSLose      = "ws-lose"
	faultWSDuplicate = "ws-duplicate"
	faultWSReorder   = "ws-reorder"
)

// A field is one argument of a fault; fields are a set of them.
type field uint16

const (
	fieldRoute field = 1 << iota
	fieldDelay
	fieldDrift
	fieldPercent
	fieldCount
	fieldBytes
	fieldStatus
	fieldMax
	fieldWait
	fieldAfter
	fieldFor
	fieldEvery

	fieldWindow = fieldAfter | fieldFor | fieldEvery // every kind takes these
)

type faultKind struct {
	name    string
	usage   string
	needs   field // must be given
	takes   field // may be given
	anyOf   field // at least one of these must be given
	initial Fault // defaults
}

var faultKinds = []faultKind{
	{name: faultSlow, usage: "slow:GET /api/leads:+300ms or slow:GET /api/leads:+300ms:+3ms/s (growing)", takes: fieldRoute, anyOf: fieldDelay | fieldDrift},
	{name: faultBimodal, usage: "bimodal:GET /api/leads:+800ms:20%", needs: fieldDelay | fieldPercent, takes: fieldRoute},
	{name: faultErrors, usage: "errors:POST /api/leads:60%:status=503", needs: fieldPercent, takes: fieldRoute | fieldStatus, initial: Fault{Status: 500}},
	{name: faultDrop, usage: "drop:GET /api/leads:10%", takes: fieldRoute | fieldPercent, initial: Fault{Percent: 100}},
	{name: faultHang, usage: "hang:GET /api/leads:10%", takes: fieldRoute | fieldPercent, initial: Fault{Percent: 100}},
	{name: faultLeak, usage: "leak:1MiB:max=256MiB", needs: fieldBytes, takes: fieldRoute | fieldMax, initial: Fault{Max: 256 << 20}},
	{name: faultPool, usage: "pool:20:wait=1s", needs: fieldCount, takes: fieldWait, initial: Fault{Wait: defaultPoolPatience}},
	{name: faultBreak, usage: "break:150", needs: fieldCount},
	{name: faultWSDrop, usage: "ws-drop:5%", takes: fieldPercent | fieldCount, initial: Fault{Percent: 100}},
	{name: faultWSStall, usage: "ws-stall:50%", takes: fieldPercent | fieldCount, initial: Fault{Percent: 100}},
	{name: faultWSLose, usage: "ws-lose:10% or ws-lose:3 (messages in all)", takes: fieldPercent | fieldCount, initial: Fault{Percent: 100}},
	{name: faultWSDuplicate, usage: "ws-duplicate:10%", takes: fieldPercent | fieldCount, initial: Fault{Percent: 100}},
	{name: faultWSReorder, usage: "ws-reorder:10%", takes: fieldPercent | fieldCount, initial: Fault{Percent: 100}},
	{name: faultWSRestart, usage: "ws-restart:after=10s:every=30s"},
}

func kindOf(name string) *faultKind {
	for i := range faultKinds {
		if faultKinds[i].name == name {
			return &faultKinds[i]
		}
	}
	return nil
}

func (k *faultKind) allows(f field) bool { return (k.needs|k.takes|k.anyOf|fieldWindow)&f != 0 }

// String returns the notation of f: ParseFault makes the same fault of it.
func (f Fault) String() string {
	var b strings.Builder
	b.WriteString(f.Kind)
	part := func(show bool, text string) {
		if show {
			b.WriteByte(':')
			b.WriteString(text)
		}
	}
	part(f.Route != "", f.Route)
	part(f.Delay != 0, "+"+f.Delay.String())
	part(f.Drift != 0, "+"+f.Drift.String()+"/s")
	part(f.Percent != 0, strconv.FormatFloat(f.Percent, 'f', -1, 64)+"%")
	part(f.Count != 0, strconv.Itoa(f.Count))
	part(f.Bytes != 0, formatSize(f.Bytes))
	part(f.Status != 0, "status="+strconv.Itoa(f.Status))
	part(f.Max != 0, "max="+formatSize(f.Max))
	part(f.Wait != 0, "wait="+f.Wait.String())
	part(f.After != 0, "after="+f.After.String())
	part(f.For != 0, "for="+f.For.String())
	part(f.Every != 0, "every="+f.Every.String())
	return b.String()
}

// activeAt says whether f, switched on at since, is active at now, and for how
// long it has been (in its present window).
func (f *Fault) activeAt(since, now time.Time) (time.Duration, bool) {
	elapsed := now.Sub(since) - f.After
	if elapsed < 0 {
		return 0, false
	}
	if f.Every > 0 {
		elapsed %= f.Every
	}
	return elapsed, f.For == 0 || elapsed < f.For
}

func faultUsage() string {
	var b strings.Builder
	for _, k := range faultKinds {
		fmt.Fprintf(&b, "\n  %s", k.usage)
	}
	return b.String()
}
