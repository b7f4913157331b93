package library

import (
	"fmt"
	"strings"

	"github.com/hashicorp/go-version"

	"throng/dsl/module/constraint"
)

// Next is the least version that a release with changes of a severity may
// have after the version last, as semantic versioning has it. Before 1.0.0 the
// second number stands for what the first means later. The form (with v or
// without) is last's.
func Next(last string, worst Severity) (string, error) {
	v, err := semantic(last)
	if err != nil {
		return "", err
	}
	s := v.Segments()
	switch {
	case v.Prerelease() != "": // what it announces may still change
	case worst == Major && s[0] > 0:
		s = []int{s[0] + 1, 0, 0}
	case worst == Major, worst == Minor && s[0] > 0:
		s = []int{s[0], s[1] + 1, 0}
	default:
		s[2]++
	}
	mark := ""
	if last[0] == 'v' {
		mark = "v"
	}
	return fmt.Sprintf("%s%d.%d.%d", mark, s[0], s[1], s[2]), nil
}

// Below reports whether version a comes before b. Both are semantic versions,
// with or without v.
func Below(a, b string) (bool, error) {
	x, err := semantic(a)
	if err != nil {
		return false, err
	}
	y, err := semantic(b)
	if err != nil {
		return false, err
	}
	return x.LessThan(y), nil
}

func semantic(text string) (*version.Version, error) {
	v, err := version.NewSemver(text)
	if err != nil || !constraint.IsVersion(text) { // three numbers, not fewer
		return nil, fmt.Errorf("%q is not a semantic version such as 1.2.0", text)
	}
	return v, nil
}

// Compatible is the constraint on versions that callers of a version are best
// off with: what comes after it and breaks nothing.
func Compatible(of string) string {
	v, err := semantic(of)
	if err != nil {
		return ""
	}
	s := v.Segments()
	if v.Prerelease() != "" {
		return strings.TrimPrefix(of, "v")
	}
	if s[0] == 0 {
		return fmt.Sprintf("~> 0.%d.%d", s[1], s[2])
	}
	return fmt.Sprintf("~> %d.%d", s[0], s[1])
}
