package cli

import "testing"

func TestHeapGrowth(t *testing.T) {
	for _, c := range []struct {
		live uint64
		want int
	}{
		{0, 800}, {4 << 20, 700}, {8 << 20, 300}, {16 << 20, 100}, {64 << 20, 100}, {1 << 30, 100},
	} {
		if got := growth(c.live); got != c.want {
			t.Errorf("with %d MiB in use it grows by %d %%, want %d", c.live>>20, got, c.want)
		}
	}
}
