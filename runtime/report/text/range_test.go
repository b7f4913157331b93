package text

import "testing"

func TestRange(t *testing.T) {
	for _, c := range [][3]string{
		{"466 ms", "512 ms", "466–512 ms"}, {"980 ms", "1.02 s", "980 ms–1.02 s"}, {"5 ms", "5 ms", "5 ms"},
		{"12", "40", "12–40"}, {"1.2 %", "3 %", "1.2–3 %"}, {"1 min 5 s", "2 min 5 s", "1 min 5 s–2 min 5 s"},
	} {
		if got := Range(c[0], c[1]); got != c[2] {
			t.Errorf("Range(%q, %q) = %q, want %q", c[0], c[1], got, c[2])
		}
	}
}
