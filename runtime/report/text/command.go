package text

import "strings"

// Command breaks a command line into lines of at most width cells, with the
// backslashes a POSIX shell needs to read it back.
func Command(command string, width int) []string {
	width -= 2 // for the backslash
	var lines []string
	line := ""
	for _, word := range shellWords(command) {
		if line != "" && Width(line)+1+Width(word) <= width {
			line += " " + word
			continue
		}
		if line != "" {
			lines = append(lines, line+` \`)
		}
		parts := Chunks(word, width)
		for _, part := range parts[:len(parts)-1] {
			lines = append(lines, part+`\`)
		}
		line = parts[len(parts)-1]
	}
	return append(lines, line)
}

// shellWords cuts a command at the spaces that are not within quotes.
func shellWords(s string) []string {
	quoted := false
	return strings.FieldsFunc(s, func(r rune) bool {
		if r == '\'' {
			quoted = !quoted
		}
		return r == ' ' && !quoted
	})
}
