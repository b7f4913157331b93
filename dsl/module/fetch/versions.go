package fetch

import (
	"cmp"
	"slices"
	"strings"
	"unicode"

	"golang.org/x/mod/semver"
)

// versions are the tags that are semantic versions (semver.org, in full:
// three numbers), with or without a leading v, highest first. Among equals,
// which differ in the v or in the build alone, the order is that of the text.
func versions(tags []string) []string {
	var all []string
	for _, tag := range tags {
		if isVersion(tag) {
			all = append(all, tag)
		}
	}
	slices.SortFunc(all, func(a, b string) int {
		return cmp.Or(semver.Compare(withV(b), withV(a)), cmp.Compare(a, b))
	})
	return slices.Compact(all)
}

func isVersion(tag string) bool {
	v := withV(tag)
	return semver.IsValid(v) && semver.Canonical(v)+semver.Build(v) == v
}

func withV(tag string) string { return "v" + strings.TrimPrefix(tag, "v") }

// clean is a peer's text made fit for a message: one line, nothing that a
// terminal would obey, and not too long.
func clean(text string) string {
	const enough = 600
	text = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || r == unicode.ReplacementChar {
			return ' '
		}
		return r
	}, text)
	text = strings.Join(strings.Fields(text), " ")
	if len(text) > enough {
		text = strings.ToValidUTF8(text[:enough], "") + "…"
	}
	return text
}
