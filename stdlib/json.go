package stdlib

import (
	"errors"
	"strings"
)

// maxDepth is how deep a decoded JSON text may nest: reading it recurses, and
// a stack that overflows ends the program.
const maxDepth = 500

// checkNesting refuses JSON that nests too deep.
func checkNesting(s string) error {
	depth, inString := 0, false
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '\\' && inString:
			i++
		case c == '"':
			inString = !inString
		case inString:
		case c == '[' || c == '{':
			if depth++; depth > maxDepth {
				return errors.New("the JSON nests deeper than 500 levels")
			}
		case c == ']' || c == '}':
			depth--
		}
	}
	return nil
}

// checkJSON refuses JSON with too many values, numbers beyond the limits, or
// too deep a nest.
func checkJSON(s string) error {
	if err := checkNesting(s); err != nil {
		return err
	}
	values := 0
	for i, inString := 0, false; i < len(s); i++ {
		c := s[i]
		switch {
		case c == '\\' && inString:
			i++
		case c == '"':
			inString = !inString
		case inString:
		case c == ',' || c == ':':
			values++
		case isDigit(c):
			end := i
			for end < len(s) && (isDigit(s[end]) || strings.IndexByte("+-.eE", s[end]) >= 0) {
				end++
			}
			if _, ok := parseNumber(s[i:end]); !ok {
				return errors.New("a number in the JSON is malformed, too large or too small")
			}
			i = end - 1
		}
	}
	if values > 2*MaxElements {
		return errElements
	}
	return nil
}
