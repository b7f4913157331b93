package record

import "fmt"

// Encoded is a distribution in the form that histogram logs hold: V2
// compressed HdrHistogram, in base64. Its values are nanoseconds, to three
// digits.
type Encoded struct {
	Payload string
	Max     int64 // the longest, exactly
	Count   int64
	Beyond  int64 // of Count: longer than 60 s, and in the payload as 60 s
}

// Encode is the distribution of the response times of successes; it has no
// count where there are none.
func (s *Stats) Encode() (Encoded, error) { return s.encode(response) }

// EncodeFailed is that of how long failures took to fail.
func (s *Stats) EncodeFailed() (Encoded, error) { return s.encode(failed) }

func (s *Stats) encode(k kind) (Encoded, error) {
	if s == nil || s.dists[k].n == 0 {
		return Encoded{}, nil
	}
	d := &s.dists[k]
	h := newPacked()
	if d.packed != nil {
		h.Merge(d.packed)
	}
	if d.beyond > 0 {
		if err := h.RecordValues(highest, d.beyond); err != nil {
			return Encoded{}, fmt.Errorf("encoding a histogram: %w", err)
		}
	}
	payload, err := h.EncodeV2()
	if err != nil {
		return Encoded{}, fmt.Errorf("encoding a histogram: %w", err)
	}
	return Encoded{Payload: string(payload), Max: d.max, Count: d.n, Beyond: d.beyond}, nil
}
