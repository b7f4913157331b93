package html

import (
	"time"

	"throng/dsl/plan"
	"throng/runtime/record"
	"throng/runtime/results"
)

// gatherer sorts seconds into buckets and stages. It keeps the statistics of
// one bucket at a time. The seconds of a bucket that lie in one stage are a
// piece; a bucket that straddles the edge of a stage has several.
type gatherer struct {
	t             *timeline
	rows          []results.Row
	bucket, stage int               // under way; -1 for none
	piece         [][]*record.Stats // by row: of the piece under way
	sums          []*record.Stats   // by row: of the bucket's earlier pieces
	total         *record.Stats     // of all requests of the bucket's earlier pieces
}

func (g *gatherer) second(s *results.Second) error {
	if len(g.t.buckets) == 0 {
		return nil
	}
	middle := s.At + s.Length/2
	b, st := min(int(middle/g.t.width), len(g.t.buckets)-1), g.t.stageAt(middle)
	if b != g.bucket || st != g.stage {
		g.endPiece()
	}
	if b != g.bucket {
		g.endBucket()
	}
	g.bucket, g.stage = b, st
	k := &g.t.buckets[b]
	k.length += s.Length
	k.users, k.wanted, k.inFlight, k.health, k.seen = s.Users, s.Wanted, s.InFlight, s.Health, true
	k.missed += s.Missed
	k.warmup = k.warmup || s.Warmup
	if st >= 0 {
		stage := &g.t.stages[st]
		stage.users, stage.warmup = max(stage.users, s.Users), stage.warmup || s.Warmup
		stage.seconds += s.Length
	}
	for i, r := range s.Rows {
		if i < len(g.rows) && r != nil {
			g.piece[i] = append(g.piece[i], r)
		}
	}
	return nil
}

func (g *gatherer) endPiece() {
	var requests []*record.Stats
	for i, list := range g.piece {
		merged := record.Merge(list...)
		if merged != nil && g.rows[i].Kind == plan.RequestSeries {
			requests = append(requests, merged)
		}
		g.sums[i] = record.Merge(g.sums[i], merged)
		g.piece[i] = list[:0]
	}
	total := record.Merge(requests...)
	g.total = record.Merge(g.total, total)
	if g.stage >= 0 {
		st := &g.t.stages[g.stage]
		st.total = record.Merge(st.total, total)
	}
}

func (g *gatherer) endBucket() {
	if g.bucket < 0 {
		return
	}
	k := &g.t.buckets[g.bucket]
	k.total = cellOf(g.total)
	for i, s := range g.sums {
		k.rows[i] = cellOf(s)
		g.sums[i] = nil
	}
	g.total = nil
}

// stageAt is the stage a moment lies in; -1 for none.
func (t *timeline) stageAt(at time.Duration) int {
	for i := len(t.stages) - 1; i >= 0; i-- {
		if at >= t.stages[i].from && at < t.stages[i].to {
			return i
		}
	}
	return -1
}

func cellOf(s *record.Stats) cell {
	if s.Count() == 0 {
		return cell{}
	}
	c := cell{
		ok: s.OK, failed: s.Failed, timedOut: s.Censored,
		p50: s.Quantile(0.5), p95: s.Quantile(0.95), p99: s.Quantile(0.99), max: s.MaxLatency(),
		service50: s.ServiceQuantile(0.5), service95: s.ServiceQuantile(0.95), heat: binned(s.Buckets()),
	}
	for class, n := range s.ByClass {
		if n > 0 && plan.ErrorClass(class) != plan.OK {
			c.classes = append(c.classes, classCount{plan.ErrorClass(class), n})
		}
	}
	return c
}
