// Package constraint chooses among versions. Constraints are written as
// Terraform's: "1.2.0", ">= 1.2, < 2.0", "~> 1.2", "!= 1.3.1". Versions are
// semantic versions, with or without a leading v.
package constraint

import (
	"fmt"
	"strings"

	"github.com/hashicorp/go-version"
)

// Check says what keeps a text from being a constraint.
func Check(text string) error {
	if strings.TrimSpace(text) == "" {
		return fmt.Errorf("it is empty")
	}
	if len(text) > 200 {
		return fmt.Errorf("it is longer than 200 characters")
	}
	_, err := version.NewConstraint(text)
	return err
}

// Meets reports whether a version satisfies all of the constraints. A
// pre-release does so only where one of them names it exactly.
func Meets(tag string, constraints []string) bool {
	v, err := version.NewSemver(tag)
	if err != nil {
		return false
	}
	named := v.Prerelease() == ""
	for _, text := range constraints {
		set, err := version.NewConstraint(text)
		if err != nil || !set.Check(v) {
			return false
		}
		named = named || exact(text, v)
	}
	return named
}

// exact reports whether a constraint is "= V" or "V".
func exact(text string, v *version.Version) bool {
	for term := range strings.SplitSeq(text, ",") {
		term = strings.TrimSpace(strings.TrimPrefix(strings.TrimSpace(term), "="))
		if named, err := version.NewSemver(term); err == nil && named.Equal(v) {
			return true
		}
	}
	return false
}

// Best is the first of versions, which are sorted from the highest, that
// satisfies all of the constraints; "" if none does.
func Best(versions, constraints []string) string {
	for _, v := range versions {
		if Meets(v, constraints) {
			return v
		}
	}
	return ""
}

// IsVersion reports whether a text, such as a tag, is a semantic version.
func IsVersion(text string) bool {
	_, err := version.NewSemver(text)
	return err == nil && strings.Count(strings.SplitN(text, "-", 2)[0], ".") >= 2
}

// IsPrerelease reports whether a text is a semantic version such as
// 1.2.0-rc.1.
func IsPrerelease(text string) bool {
	v, err := version.NewSemver(text)
	return err == nil && v.Prerelease() != ""
}
