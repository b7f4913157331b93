package compile

import (
	"fmt"
	"strconv"
	"strings"
)

// checkVersion says why this version does not meet a constraint such as
// ">= 0.1, < 2", or "".
func checkVersion(constraint, have string) string {
	version, ok := parseVersion(have)
	if !ok {
		return "" // a development build meets everything
	}
	for _, part := range strings.Split(constraint, ",") {
		part = strings.TrimSpace(part)
		op := strings.TrimRight(part[:len(part)-len(strings.TrimLeft(part, "<>=!~"))], " ")
		want, ok := parseVersion(strings.TrimSpace(part[len(op):]))
		if !ok {
			return fmt.Sprintf("%q is not a version constraint. Write \">= 0.1\", \"~> 1.2\", or several with commas.", constraint)
		}
		order := compareVersions(version, want)
		met := false
		switch op {
		case "", "=":
			met = order == 0
		case "!=":
			met = order != 0
		case ">=":
			met = order >= 0
		case ">":
			met = order > 0
		case "<=":
			met = order <= 0
		case "<":
			met = order < 0
		case "~>":
			next := append([]int(nil), want[:max(1, len(want)-1)]...)
			next[len(next)-1]++
			met = order >= 0 && compareVersions(version, next) < 0
		default:
			return fmt.Sprintf("%q is not a version constraint. Write \">= 0.1\", \"~> 1.2\", or several with commas.", constraint)
		}
		if !met {
			return fmt.Sprintf("This scenario asks for throng %s; this is throng %s.", constraint, have)
		}
	}
	return ""
}

func parseVersion(s string) ([]int, bool) {
	s, _, _ = strings.Cut(strings.TrimPrefix(s, "v"), "-")
	var v []int
	for _, part := range strings.Split(s, ".") {
		n, err := strconv.Atoi(part)
		if err != nil || n < 0 {
			return nil, false
		}
		v = append(v, n)
	}
	return v, true
}

func compareVersions(a, b []int) int {
	for i := range max(len(a), len(b)) {
		x, y := 0, 0
		if i < len(a) {
			x = a[i]
		}
		if i < len(b) {
			y = b[i]
		}
		if x != y {
			return x - y
		}
	}
	return 0
}
