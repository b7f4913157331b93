package diag

import (
	"strings"
	"unicode/utf8"

	"github.com/agext/levenshtein"
)

// Suggest is the candidate that given was likely meant to be, or "" if none
// is close enough. Case and the difference between "-" and "_" are ignored
// first, then up to a third of the letters (at most three) may differ. Of
// equally close candidates the first in the list wins.
func Suggest(given string, candidates []string) string {
	const longest = 64 // longer names are not typing errors, and distance is quadratic
	if given == "" || len(given) > longest {
		return ""
	}
	fold := func(s string) string { return strings.ReplaceAll(strings.ToLower(s), "-", "_") }
	folded := fold(given)
	letters := utf8.RuneCountInString(given)
	limit := min(3, (letters+2)/3)
	best, bestDistance := "", limit+1
	for _, c := range candidates {
		if len(c) > longest || c == given || max(letters, utf8.RuneCountInString(c)) > min(letters, utf8.RuneCountInString(c))+limit {
			continue
		}
		distance := levenshtein.Distance(folded, fold(c), nil)
		if swapped(folded, fold(c)) {
			distance = 1
		}
		if distance < bestDistance {
			best, bestDistance = c, distance
		}
	}
	return best
}

// swapped reports whether a and b differ by two neighbouring letters in
// exchanged order, which edit distance counts as two changes.
func swapped(a, b string) bool {
	if len(a) != len(b) {
		return false
	}
	for i := 0; i+1 < len(a); i++ {
		if a[i] != b[i] {
			return a[i] == b[i+1] && a[i+1] == b[i] && a[i+2:] == b[i+2:]
		}
	}
	return false
}
