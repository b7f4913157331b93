package main

import (
	"context"
	"embed"
	"fmt"
	"os"
	"strconv"
	"time"

	"throng/dsl"
	"throng/dsl/plan"
	"throng/runtime/engine"
	"throng/runtime/outcome"
	"throng/runtime/record"
	"throng/runtime/transport"
	"throng/runtime/transport/dial"
	"throng/runtime/transport/http1"
	"throng/runtime/transport/websocket"
)

//go:embed flow/main.hcl
var flow embed.FS

// compile makes the plan of one profile of flow, against the server at addr,
// with users that come over ramp in a run of some length.
func compile(profile, addr string, users int, ramp, length time.Duration) (*plan.Plan, error) {
	dir, err := os.MkdirTemp("", "throng-sockets-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	if err := os.CopyFS(dir, flow); err != nil {
		return nil, err
	}
	inputs := map[string]dsl.Input{}
	for name, text := range map[string]string{
		"base_url": "http://" + addr, "users": strconv.Itoa(users),
		"spawn_rate": strconv.FormatFloat(float64(users)/ramp.Seconds(), 'f', -1, 64), "duration": length.String(),
	} {
		inputs[name] = dsl.Input{Text: text, Origin: "bench/sockets"}
	}
	r := dsl.Compile(dir+"/flow", dsl.Options{Profile: profile, Inputs: inputs, Seed: 1})
	if r.Plan == nil {
		return nil, r.Diagnostics.Err()
	}
	return r.Plan, nil
}

// run runs a plan as `throng run` does, without its reports. observe hears of
// each tick.
func run(p *plan.Plan, observe func(*outcome.Progress)) (*outcome.Outcome, error) {
	e := engine.New(p, engine.Options{
		Factory: func(clock *transport.Clock) transport.Factory { return http1.New(http1.Config{Clock: clock}) },
		Sockets: func(clock *transport.Clock) transport.SocketFactory {
			return websocket.New(websocket.Config{Clock: clock, Dial: dial.New(dial.Config{Clock: clock})})
		},
		OnProgress: observe,
	})
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	return e.Run(ctx)
}

// row is what a run recorded of a row, such as "SEND message"; nil where the
// plan has none.
func row(p *plan.Plan, o *outcome.Outcome, label string) *record.Stats {
	for i := range p.Series {
		if p.Rows[p.Series[i].Row].Label() == label && p.Runs(p.Series[i].Class) {
			return o.Final.Total[i]
		}
	}
	return nil
}

// failed is the first of what failed in a run.
func failed(p *plan.Plan, o *outcome.Outcome) error {
	for _, g := range o.Final.Errors {
		return fmt.Errorf("%d × %s: %s %s", g.Count, p.Rows[p.Series[g.Series].Row].Label(), g.Class, g.Detail)
	}
	return nil
}
