package analyze

import (
	"strconv"
	"strings"
	"time"

	"throng/runtime/report/text"
)

func plural(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return text.Count(int64(n)) + " " + many
}

// clock is a moment, to the second.
func clock(d time.Duration) string { return text.Clock(d.Round(time.Second)) }

// times is a factor: "1.8 ×".
func times(v float64) string {
	places := 1
	if v >= 10 {
		places = 0
	}
	return strings.TrimSuffix(strconv.FormatFloat(v, 'f', places, 64), ".0") + " ×"
}

// names lists some names, and how many more there are.
func names(list []string) string {
	const most = 3
	if len(list) <= most {
		return strings.Join(list, ", ")
	}
	return strings.Join(list[:most], ", ") + " and " + strconv.Itoa(len(list)-most) + " more"
}
