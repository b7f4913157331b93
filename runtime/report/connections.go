package report

import (
	"fmt"

	"throng/dsl/plan"
	"throng/runtime/record"
)

// connections says of each target that may be spoken to in HTTP/2 how many
// requests shared how many connections, for there the one does not follow
// from the other.
func (b *builder) connections(snap *record.Snapshot) []string {
	var notes []string
	for i := range b.plan.Targets {
		t := &b.plan.Targets[i]
		if t.HTTP.Version == plan.HTTP1 {
			continue
		}
		s := b.merge(snap.Total, func(s *plan.Series) bool {
			return s.Kind == plan.RequestSeries && b.plan.Rows[s.Row].Target == i
		})
		if p := s.Phases(); p.Samples > 0 {
			notes = append(notes, fmt.Sprintf("target %q, http version %q: %s that succeeded, %s opened for them",
				t.Name, t.HTTP.Version, count(p.Samples, "request"), count(p.Connections, "connection")))
		}
	}
	return b.texts(notes)
}
