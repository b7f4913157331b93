package library

import (
	"strings"

	"github.com/hashicorp/hcl/v2"
)

// heading is the first paragraph of the comment that a text begins with.
// There is an empty line, or the end, behind that comment: one that stands
// right above a block is the block's.
func heading(src []byte) string {
	lines := strings.Split(string(src), "\n")
	var words []string
	ended := false
	for _, line := range lines {
		text, is := comment(line)
		switch {
		case !is && strings.TrimSpace(line) != "":
			return ""
		case !is:
			return strings.Join(words, " ")
		case text == "":
			ended = true
		case !ended:
			words = append(words, text)
		}
	}
	return strings.Join(words, " ")
}

// above is the first paragraph of the comment in the lines right above a
// place.
func above(src []byte, at hcl.Pos) string {
	if at.Byte > len(src) {
		return ""
	}
	lines := strings.Split(string(src[:at.Byte]), "\n")
	lines = lines[:len(lines)-1]
	begin := len(lines)
	for begin > 0 {
		if _, is := comment(lines[begin-1]); !is {
			break
		}
		begin--
	}
	var words []string
	for _, line := range lines[begin:] {
		text, _ := comment(line)
		if text == "" && words != nil {
			break
		}
		if text != "" {
			words = append(words, text)
		}
	}
	return strings.Join(words, " ")
}

// comment is the text of a line that is a comment and nothing else.
func comment(line string) (text string, is bool) {
	line = strings.TrimSpace(line)
	for _, mark := range []string{"#", "//"} {
		if rest, ok := strings.CutPrefix(line, mark); ok {
			return strings.TrimSpace(strings.TrimLeft(rest, mark[:1])), true
		}
	}
	return "", false
}
