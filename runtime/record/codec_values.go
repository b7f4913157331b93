package record

import (
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"math"
	"strconv"
)

// valuesForm is how a *Values is written down as JSON, exactly. Steps are the
// steps of its distribution, base64: for each an unsigned varint by how much
// its number lies above that of the one before (of the first: a signed one,
// its number), an unsigned varint of how many values are in it, and the
// largest of them as 8 bytes, little-endian IEEE 754.
type valuesForm struct {
	N      int64     `json:"n"`
	Min    float64   `json:"min"`
	Max    float64   `json:"max"`
	Sum    [2]string `json:"sum"` // in two parts, decimal; texts, since a sum may be beyond every number
	Limits []float64 `json:"limits,omitempty"`
	Over   []int64   `json:"over,omitempty"` // one for each limit
	Steps  string    `json:"steps,omitempty"`
}

// MarshalJSON writes all that is known, exactly.
func (v *Values) MarshalJSON() ([]byte, error) {
	f := valuesForm{N: v.n, Min: v.min, Max: v.max, Limits: v.limits, Over: v.Over,
		Sum: [2]string{strconv.FormatFloat(v.sum.high, 'g', -1, 64), strconv.FormatFloat(v.sum.low, 'g', -1, 64)}}
	var b []byte
	for i, k := range v.buckets {
		if i == 0 {
			b = binary.AppendVarint(b, int64(k.key))
		} else {
			b = binary.AppendUvarint(b, uint64(k.key-v.buckets[i-1].key))
		}
		b = binary.AppendUvarint(b, uint64(k.n))
		b = binary.LittleEndian.AppendUint64(b, math.Float64bits(k.top))
	}
	f.Steps = base64.RawStdEncoding.EncodeToString(b)
	return json.Marshal(&f)
}

func finite(x float64) bool { return !math.IsNaN(x) && !math.IsInf(x, 0) }

// UnmarshalJSON reads what MarshalJSON wrote. What does not hang together is
// an error.
func (v *Values) UnmarshalJSON(data []byte) error {
	var f valuesForm
	if err := json.Unmarshal(data, &f); err != nil {
		return err
	}
	*v = Values{Over: f.Over, n: f.N, min: f.Min, max: f.Max, limits: f.Limits}
	r := &checked{}
	v.sum = preciseSum{r.number(f.Sum[0]), r.number(f.Sum[1])}
	r.counts(f.N)
	r.counts(f.Over...)
	r.agree(len(f.Limits) == len(f.Over) && len(f.Over) <= maxListed)
	for i := 1; i < len(f.Limits); i++ {
		if f.Limits[i] <= f.Limits[i-1] {
			r.fail(errOrder)
		}
	}
	if f.N == 0 || f.Min > f.Max {
		r.fail(errTally)
	}
	b, err := base64.RawStdEncoding.DecodeString(f.Steps)
	if err != nil {
		r.fail(errSteps)
	}
	v.buckets = r.buckets(b, f.N, f.Min, f.Max)
	return r.err
}

func (r *checked) number(text string) float64 {
	x, err := strconv.ParseFloat(text, 64)
	if err != nil {
		r.fail(err)
	}
	return x
}

// buckets reads the steps of n values in from..to.
func (r *checked) buckets(b []byte, n int64, from, to float64) (list []bucket) {
	for key := int64(0); len(b) > 0 && r.err == nil; {
		if list == nil {
			first, size := binary.Varint(b)
			if size <= 0 {
				r.fail(errSteps)
				break
			}
			key, b = first, b[size:]
		} else {
			var up uint64
			if up, b = r.uvarint(b); up == 0 || up > uint64(2*mostKey+2) {
				r.fail(errSteps)
			}
			key += int64(up)
		}
		var count uint64
		if r.err == nil {
			count, b = r.uvarint(b)
		}
		if r.err != nil || len(b) < 8 || count == 0 || count > uint64(max(n, 0)) || key > int64(mostKey) || key < -1-int64(mostKey) {
			r.fail(errSteps)
			break
		}
		top := math.Float64frombits(binary.LittleEndian.Uint64(b))
		b = b[8:]
		if !finite(top) || keyOf(top) != int32(key) || top < from || top > to {
			r.fail(errSteps)
		}
		n -= int64(count)
		list = append(list, bucket{int32(key), tier{int64(count), top}})
	}
	r.agree(n == 0)
	return list
}
