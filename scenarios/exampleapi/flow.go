package exampleapi

import (
	"net/http"
	"time"
)

const (
	eventKind = "text/event-stream"
	linesKind = "application/x-ndjson"
)

// A flow is a body that is sent piece by piece.
type flow struct {
	pieces [][]byte
	first  time.Duration // before the first one
	gap    time.Duration // between two
}

// flowing is an answer whose body is a flow.
func flowing(kind string, f flow) reply {
	return reply{status: http.StatusOK, kind: kind, flow: &f}
}

// pacing reads the query parameters first_ms and gap_ms. What is left out is
// the usual time, which is scaled as all simulated latencies are.
func (c *call) pacing(first, gap time.Duration) (time.Duration, time.Duration) {
	asked := func(name string, usual time.Duration) time.Duration {
		if c.query.Has(name) {
			return time.Duration(c.number(name)) * time.Millisecond
		}
		return c.s.scaled(usual)
	}
	return asked("first_ms", first), asked("gap_ms", gap)
}

// pace declares the parameters that pacing reads, with their usual values at
// scale 1.
func pace(first, gap time.Duration) []param {
	return []param{
		whole("first_ms", 0, 600_000, int(first/time.Millisecond)),
		whole("gap_ms", 0, 600_000, int(gap/time.Millisecond)),
	}
}

// write sends the pieces at their times, until the client leaves or the
// service is closed. Where a fault cuts the answer, it ends half-way without
// an end.
func (f *flow) write(w http.ResponseWriter, c *call, answer reply) {
	h := w.Header()
	for i := 0; i+1 < len(answer.header); i += 2 {
		h.Add(answer.header[i], answer.header[i+1])
	}
	h.Set("Content-Type", answer.kind)
	h.Set("Cache-Control", "no-store")
	w.WriteHeader(answer.status)
	if c.r.Method == http.MethodHead {
		return
	}
	out := http.NewResponseController(w)
	pieces := f.pieces
	if c.cut {
		pieces = pieces[:len(pieces)/2]
	}
	pause := f.first
	for _, p := range pieces {
		if pause > 0 {
			_ = out.Flush()
		}
		if c.s.wait(c.r.Context(), pause) != nil {
			panic(http.ErrAbortHandler)
		}
		if _, err := w.Write(p); err != nil {
			return // the client left
		}
		_ = out.Flush()
		pause = f.gap
	}
	if c.cut {
		panic(http.ErrAbortHandler)
	}
}
