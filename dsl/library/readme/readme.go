// Package readme writes what a library offers as a section of its README.md,
// between two markers. Everything outside of them is the author's.
//
// The package must know neither files nor how an API is read.
package readme

import (
	"fmt"
	"regexp"
	"strings"

	"throng/dsl/library"
)

// A README's section stands between a line that begins with begin and one
// that begins with end. The first may say source="…" and version="…", which
// the example of use shows.
const (
	begin = "<!-- BEGIN THRONG DOCS"
	end   = "<!-- END THRONG DOCS"
)

// Name is the file's name, in the library's directory.
const Name = "README.md"

// Marks are the two lines that a section stands between.
func Marks(source, version string) (first, last string) {
	first = begin
	if source != "" {
		first += fmt.Sprintf(" source=%q", source)
	}
	if version != "" {
		first += fmt.Sprintf(" version=%q", version)
	}
	return first + " -->", end + " -->"
}

// Update is a README with its section made anew. One without markers gets
// them at its end, an empty one a heading, too. An error names the line that
// is wrong.
func Update(text string, api *library.API) (string, error) {
	crlf := strings.Contains(text, "\r\n")
	text = strings.ReplaceAll(text, "\r\n", "\n")
	updated, err := update(text, api)
	if err == nil && crlf {
		updated = strings.ReplaceAll(updated, "\n", "\r\n")
	}
	return updated, err
}

func update(text string, api *library.API) (string, error) {
	lines := strings.Split(text, "\n")
	from, to, err := section(lines)
	if err != nil {
		return "", err
	}
	if from < 0 {
		first, last := Marks("", "")
		text = strings.TrimRight(text, "\r\n")
		switch {
		case text == "" && api.Description == "":
			text = "# " + escaped(api.Name)
		case text == "":
			text = "# " + escaped(api.Name) + "\n\n" + escaped(api.Description)
		}
		return text + "\n\n" + first + "\n\n" + Section(api, "", "") + "\n" + last + "\n", nil
	}
	source, version, err := said(lines[from], from+1)
	if err != nil {
		return "", err
	}
	above, below := strings.Join(lines[:from+1], "\n"), strings.Join(lines[to:], "\n")
	return above + "\n\n" + Section(api, source, version) + "\n" + below, nil
}

// section finds the markers outside of code; from is -1 without any.
func section(lines []string) (from, to int, err error) {
	from, to = -1, -1
	fence, opened := "", 0
	for i, line := range lines {
		mark := strings.TrimSpace(line)
		switch {
		case fence != "" && strings.HasPrefix(mark, fence) && strings.Trim(mark, fence[:1]) == "":
			fence = ""
		case fence != "":
		case strings.HasPrefix(mark, "```"), strings.HasPrefix(mark, "~~~"):
			fence, opened = mark[:len(mark)-len(strings.TrimLeft(mark, mark[:1]))], i+1
		case strings.HasPrefix(line, begin) && from >= 0:
			return 0, 0, fmt.Errorf("line %d: a second section begins here; the first begins in line %d", i+1, from+1)
		case strings.HasPrefix(line, begin):
			from = i
		case strings.HasPrefix(line, end) && (from < 0 || to >= 0):
			return 0, 0, fmt.Errorf("line %d: the section ends here, and none has begun: there is no line %q above", i+1, begin+" -->")
		case strings.HasPrefix(line, end):
			to = i
		}
	}
	if fence != "" {
		return 0, 0, fmt.Errorf("line %d: a block of code begins here and never ends: put a line %s behind it", opened, fence)
	}
	if from >= 0 && to < 0 {
		return 0, 0, fmt.Errorf("line %d: the section begins here and never ends: put the line %q behind it", from+1, end+" -->")
	}
	return from, to, nil
}

var word = regexp.MustCompile(`^\s*([a-z]+)="([^"\\\x00-\x1f]*)"`)

// said are the words of the first marker.
func said(line string, number int) (source, version string, err error) {
	rest := strings.TrimPrefix(line, begin)
	for {
		m := word.FindStringSubmatch(rest)
		if m == nil || strings.Contains(m[2], "--") { // which would end the comment
			break
		}
		switch m[1] {
		case "source":
			source = m[2]
		case "version":
			version = m[2]
		default:
			return "", "", fmt.Errorf("line %d: the marker knows source=\"…\" and version=\"…\", and not %s", number, m[1])
		}
		rest = rest[len(m[0]):]
	}
	if strings.TrimSpace(rest) != "-->" {
		return "", "", fmt.Errorf("line %d: the marker reads %s source=\"…\" version=\"…\" -->, and here stands %s", number, begin, strings.TrimSpace(rest))
	}
	return source, version, nil
}
