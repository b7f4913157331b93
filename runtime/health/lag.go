package health

import (
	"math"
	"math/bits"
	"sync/atomic"
	"time"
)

// lags is a histogram of delays that any number of goroutines may add to
// without a lock. Its steps are 1/16 of a power of two, so a quantile errs
// upwards by at most 6 %. It remembers when each step was first reached.
type lags struct {
	count [lagSteps]atomic.Int64
	first [lagSteps]atomic.Int64 // time of the first one, plus 1; 0 for none
	max   atomic.Int64
}

const (
	subBits  = 4
	maxBits  = 40 // 18 minutes; what is longer counts as that
	lagSteps = (maxBits - subBits + 1) << subBits
)

// add counts one delay, seen at a time; negative ones count as none.
func (l *lags) add(delay, at int64) {
	delay = max(delay, 0)
	i := stepOf(delay)
	l.count[i].Add(1)
	if l.first[i].Load() == 0 {
		l.first[i].CompareAndSwap(0, max(at, 0)+1)
	}
	for {
		seen := l.max.Load()
		if delay <= seen || l.max.CompareAndSwap(seen, delay) {
			return
		}
	}
}

func stepOf(delay int64) int {
	delay = min(delay, 1<<maxBits-1)
	shift := max(bits.Len64(uint64(delay))-subBits-1, 0)
	return shift<<subBits + int(delay>>shift)
}

// stepTop is the longest delay in a step.
func stepTop(i int) int64 {
	shift := max(i>>subBits-1, 0)
	return int64(i-shift<<subBits+1)<<shift - 1
}

// lagView is a lags at one moment.
type lagView struct {
	count [lagSteps]int64
	first [lagSteps]int64
	total int64
	max   int64
}

func (l *lags) view() *lagView {
	v := &lagView{max: l.max.Load()}
	for i := range l.count {
		v.count[i] = l.count[i].Load()
		v.first[i] = l.first[i].Load()
		v.total += v.count[i]
	}
	return v
}

// quantile is the delay of nearest rank; 0 without any.
func (v *lagView) quantile(p float64) time.Duration {
	rank := max(int64(math.Ceil(p*float64(v.total)-1e-9)), 1)
	var seen int64
	for i, n := range v.count {
		if seen += n; seen >= rank {
			return time.Duration(min(stepTop(i), v.max))
		}
	}
	return 0
}

// beyond is how many delays lie in steps wholly above the limit, and when the
// first of them was seen. It errs downwards, by those less than 6 % above.
func (v *lagView) beyond(limit time.Duration) (n int64, since time.Duration) {
	since = -1
	for i := stepOf(int64(limit)) + 1; i < lagSteps; i++ {
		if v.count[i] == 0 {
			continue
		}
		n += v.count[i]
		if at := time.Duration(v.first[i] - 1); at >= 0 && (since < 0 || at < since) {
			since = at
		}
	}
	return n, max(since, 0)
}
