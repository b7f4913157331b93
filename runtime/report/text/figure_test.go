package text

import "testing"

func TestFigures(t *testing.T) {
	for _, c := range []struct {
		v    float64
		unit Unit
		want string
	}{
		{0, Number, "0"}, {12, Number, "12"}, {12.0078, Number, "12"}, {1.5, Number, "1.5"}, {-2.345, Number, "−2.35"},
		{1234567.8, Number, "1,234,568"}, {0.000125, Number, "0.000125"}, {0.00001234, Number, "0.0000123"}, {2.5e18, Number, "2,500,000,000,000,000,000"},
		{0, Size, "0 B"}, {999, Size, "999 B"}, {1000, Size, "1,000 B"}, {65536, Size, "64 KiB"}, {-1536, Size, "−1.5 KiB"}, {0.5, Size, "0.5 B"}, {1 << 62, Size, "4 EiB"}, {1 << 72, Size, "4,096 EiB"},
		{0.05, Ratio, "5.0 %"}, {1.5, Ratio, "150.0 %"}, {-0.25, Ratio, "−25.0 %"}, {1, Ratio, "100 %"},
		{120e6, Nanoseconds, "120 ms"}, {-5e6, Nanoseconds, "−5 ms"}, {3.25, PerSecond, "3.25/s"},
	} {
		if got := Figure(c.v, c.unit); got != c.want {
			t.Errorf("Figure(%v, %d) = %q, want %q", c.v, c.unit, got, c.want)
		}
	}
	for _, c := range []struct {
		v    float64
		unit Unit
		want string
	}{
		{250, Number, "250"}, {0, Number, "0"}, {1234.5678, Number, "1,234.5678"}, {0.1, Number, "0.1"}, {0.00001, Number, "0.00001"},
		{65536, Size, "64 KiB"}, {1e6, Size, "1,000,000 B"}, {1536, Size, "1.5 KiB"}, {0, Size, "0 B"},
	} {
		if got := Limit(c.v, c.unit); got != c.want {
			t.Errorf("Limit(%v, %d) = %q, want %q", c.v, c.unit, got, c.want)
		}
	}
	for _, c := range []struct {
		v, limit float64
		unit     Unit
		want     string
	}{
		{250.0004, 250, Number, "250.0004"}, {249.9, 250, Number, "249.9"}, {250, 250, Number, "250"},
		{65536.5, 65536, Size, "64.0005 KiB"}, {70000, 65536, Size, "68.4 KiB"}, {0.0501, 0.05, Ratio, "5.01 %"},
	} {
		if got := Beside(c.v, c.limit, c.unit); got != c.want {
			t.Errorf("Beside(%v, %v, %d) = %q, want %q", c.v, c.limit, c.unit, got, c.want)
		}
	}
}
