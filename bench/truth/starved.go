package main

import "math"

const frozenFor = 500 * ms

// flagged: every round calls itself saturated, or none does. That a starved
// one must holds on every machine; a busy one can starve an idle run.
func flagged(want bool) func(e experiment, r run) []line {
	truth := 0.0
	if want {
		truth = 1
	}
	return func(_ experiment, r run) []line {
		return []line{{figure: "calls itself saturated", truth: truth, ours: saturation(r), each: true, always: want}}
	}
}

func saturation(r run) float64 {
	if len(r.Saturated) > 0 {
		return 1
	}
	return 0
}

// frozen holds the arrivals of a generator that stood still against the
// schedule.
func frozen(e experiment, r run) []line {
	late := func(p float64) float64 {
		return inMs(frozenFor) - (1-p)*inMs(e.load.span)
	}
	base := inMs(e.spec.Service.Times[0])
	return append(flagged(true)(e, r),
		line{figure: "requests", truth: float64(e.load.rate) * e.load.span.Seconds(), ours: float64(r.Tells.N)},
		line{figure: "start lag p99 by the formula", truth: late(0.99), ours: r.StartLag, unit: "ms", share: 0.07},
		line{figure: "response p99 by the formula", truth: base + late(0.99), ours: r.Tells.P99, unit: "ms", share: 0.05},
		line{figure: "response p99.9 by the formula", truth: base + late(0.999), ours: r.Tells.P999, unit: "ms", share: 0.05},
		line{figure: "service p50, the target's alone", truth: r.Server.P50, ours: r.Service.P50, unit: "ms", least: 1},
	)
}

// collected: garbage collection alters nothing that is measured, or is told.
func collected(_ experiment, r run) []line {
	off := math.Abs(r.Service.P99 - r.Server.P99)
	if len(r.Saturated) > 0 {
		off = 0
	}
	return []line{
		{figure: "service p99 off, of rounds that do not call themselves saturated", truth: 0, ours: off, unit: "ms", least: 1, each: true},
	}
}
