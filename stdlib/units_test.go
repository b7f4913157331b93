package stdlib_test

import (
	"math"
	"strings"
	"testing"
	"time"

	"throng/stdlib"
)

func TestParseDuration(t *testing.T) {
	for s, want := range map[string]time.Duration{
		"500ms": 500 * time.Millisecond, "2m": 2 * time.Minute, "1.5s": 1500 * time.Millisecond, ".5s": 500 * time.Millisecond,
		"1h30m": 90 * time.Minute, "1d": 24 * time.Hour, "1d2h3m4s5ms6us7ns": 26*time.Hour + 3*time.Minute + 4*time.Second + 5006007,
		"0": 0, "0s": 0, "1us": 1000, "1µs": 1000, "1μs": 1000, "0.1s": 100 * time.Millisecond, "0.000000001s": 1, "1.0000000019s": 1000000001,
		"106751d": 106751 * 24 * time.Hour,
	} {
		if got, err := stdlib.ParseDuration(s); err != nil || got != want {
			t.Errorf("ParseDuration(%q) = %v, %v; want %v", s, got, err, want)
		}
	}
	wrong(t, stdlib.ParseDuration, map[string]string{
		"": "empty", "5": "no unit", "1m30": "no unit", "s": "number must stand", "-1s": "negative", "+1s": "number must stand", "1 s": "no unit \" s\"",
		"5 minutes": "no unit", "5x": `no unit "x"`, "5M": `no unit "M"`, "30s1m": "large to small", "1s1s": "large to small", "1.s": "number must stand",
		"1..5s": "number must stand", "1e3s": `no unit "e"`, "999999999d": "292 years", "106752d": "292 years", "0.1ns": "shorter than a nanosecond",
		"99999999999999999999s": "number must stand", strings.Repeat("1", 70) + "s": "too long", "٣s": "number must stand",
	})
}

func TestParseRate(t *testing.T) {
	for s, want := range map[string]float64{
		"1000/s": 1000, "156/m": 2.6, "20/10s": 2, "0.5/s": 0.5, "120/20s": 6, "1/1h30m": 1. / 5400, "0/s": 0, "1/d": 1. / 86400, "3/ms": 3000,
	} {
		if got, err := stdlib.ParseRate(s); err != nil || math.Abs(got-want) > 1e-12*want {
			t.Errorf("ParseRate(%q) = %v, %v; want %v", s, got, err, want)
		}
	}
	wrong(t, stdlib.ParseRate, map[string]string{
		"": "slash", "1000": "slash", "/s": "before the slash", "x/s": "before the slash", "5/": "follow the slash", "5/0s": "zero", "5/x": "follow the slash",
		"-5/s": "before the slash", "1e9/s": "before the slash", "5/s/s": "follow the slash", "999999999999/s": "thousand million", "NaN/s": "before the slash",
	})
}

func TestParseRatio(t *testing.T) {
	for s, want := range map[string]float64{"0.5%": 0.005, "100%": 1, "0%": 0, "0.005": 0.005, "1": 1, "0": 0, "33.3%": 0.333, ".5": 0.5} {
		if got, err := stdlib.ParseRatio(s); err != nil || got != want {
			t.Errorf("ParseRatio(%q) = %v, %v; want %v", s, got, err, want)
		}
	}
	wrong(t, stdlib.ParseRatio, map[string]string{
		"": "not a number", "2": "no percent sign", "101%": "more than 100%", "%": "not a number", "-1%": "not a number", "1e-3": "not a number",
		"Inf": "not a number", "0x1": "not a number", "5%%": "not a number", "5 %": "not a number",
	})
}

func TestParseSize(t *testing.T) {
	for s, want := range map[string]int64{"512B": 512, "64KiB": 65536, "2MB": 2e6, "1.5GiB": 3 << 29, "0B": 0, "0.3kB": 300, "1TiB": 1 << 40, "1KB": 1000} {
		if got, err := stdlib.ParseSize(s); err != nil || got != want {
			t.Errorf("ParseSize(%q) = %v, %v; want %v", s, got, err, want)
		}
	}
	wrong(t, stdlib.ParseSize, map[string]string{
		"": "begin with a number", "64": "no unit", "64kib": `no unit "kib"`, "1 MB": "no unit", "0.5B": "whole number of bytes", "999999999TiB": "too large",
		"-1B": "begin with a number", "1e3B": "no unit", "1MBs": "no unit",
	})
}

// wrong checks that texts are refused for the right reason, with an example.
func wrong[T any](t *testing.T, parse func(string) (T, error), cases map[string]string) {
	t.Helper()
	for s, want := range cases {
		v, err := parse(s)
		if err == nil {
			t.Errorf("%q is read as %v", s, v)
			continue
		}
		if !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "write it like") || len(err.Error()) > 250 {
			t.Errorf("%q: error %q, want one about %q", s, err, want)
		}
	}
}

func FuzzParseDuration(f *testing.F) {
	for _, s := range []string{"1h30m", "0.5d", "1µs", "5", "9223372036s", "1.9999999999s"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		d, err := stdlib.ParseDuration(s)
		if err != nil {
			return
		}
		if d < 0 {
			t.Fatalf("%q is negative: %d", s, d)
		}
		// Go reads the same texts but for days, to within its rounding.
		if strings.Contains(s, "d") || s == "0" {
			return
		}
		want, err := time.ParseDuration(s)
		if err != nil || (want-d).Abs() > 1+time.Duration(float64(d)*1e-15) {
			t.Fatalf("%q = %d, Go says %d, %v", s, d, want, err)
		}
	})
}

func FuzzParseRate(f *testing.F) {
	for _, s := range []string{"20/10s", "1/d", "0.5/1h30m", "/", "1/ns"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if r, err := stdlib.ParseRate(s); err == nil && !(r >= 0 && r <= 1e9) {
			t.Fatalf("%q = %v", s, r)
		}
		if r, err := stdlib.ParseRatio(s); err == nil && !(r >= 0 && r <= 1) {
			t.Fatalf("%q = %v", s, r)
		}
	})
}

func FuzzParseSize(f *testing.F) {
	for _, s := range []string{"64KiB", "1.5GB", "9223372036854775807B", "8388608TiB"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if n, err := stdlib.ParseSize(s); err == nil && n < 0 {
			t.Fatalf("%q = %d", s, n)
		}
	})
}
