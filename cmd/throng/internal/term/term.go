// Package term finds out what the place a program writes to can do: whether
// it is a terminal, how large it is, and whether it takes colours and
// characters beyond ASCII. It is given the file and the environment, and
// knows nothing of what is written.
package term

import (
	"os"
	"runtime"
	"strconv"
	"strings"

	xterm "golang.org/x/term"

	"throng/runtime/report/text"
)

// Size of a terminal that does not tell.
const (
	DefaultWidth  = 80
	DefaultHeight = 24
)

// Terminal is what can be done with one output file.
type Terminal struct {
	TTY   bool       // a terminal that can move its cursor: a block may be redrawn
	Style text.Style // what may be written

	file *os.File
	env  func(string) (string, bool)
}

// Detect looks at file, which may be nil for an output that is none, and at
// the environment (os.LookupEnv). noColor is the user's own word.
//
// Colours need a terminal that is not dumb and no CI; NO_COLOR and CLICOLOR=0
// forbid them, CLICOLOR_FORCE brings them where nothing forbids them. ASCII
// is for dumb terminals and for locales other than UTF-8.
func Detect(file *os.File, env func(string) (string, bool), noColor bool) *Terminal {
	t := &Terminal{file: file, env: env}
	get := func(name string) string { v, _ := env(name); return v }
	dumb := get("TERM") == "dumb"
	ci := get("CI") != "" && get("CI") != "false"
	isTTY := file != nil && xterm.IsTerminal(int(file.Fd()))
	t.TTY = isTTY && !dumb && !ci && enableVT(file) && enableVT(file)
	force := get("CLICOLOR_FORCE") != "" && get("CLICOLOR_FORCE") != "0"
	switch {
	case noColor, get("NO_COLOR") != "":
	case force:
		t.Style.Color = true
	case get("CLICOLOR") == "0":
	default:
		t.Style.Color = t.TTY
	}
	t.Style.ASCII = dumb || !utf8Locale(get)
	return t
}

// utf8Locale follows POSIX: the first of three variables that is set decides,
// and none means the C locale. Windows has no such variables.
func utf8Locale(get func(string) string) bool {
	for _, name := range []string{"LC_ALL", "LC_CTYPE", "LANG"} {
		if v := strings.ToLower(get(name)); v != "" {
			return strings.Contains(v, "utf-8") || strings.Contains(v, "utf8")
		}
	}
	return runtime.GOOS == "windows"
}

// Size is the terminal's width and height in cells, now. What is no terminal
// has the size COLUMNS and LINES say, or 80 by 24.
func (t *Terminal) Size() (width, height int) {
	if t.file != nil {
		if w, h, err := xterm.GetSize(int(t.file.Fd())); err == nil && w > 0 && h > 0 {
			return w, h
		}
	}
	return t.number("COLUMNS", DefaultWidth), t.number("LINES", DefaultHeight)
}

// Width is how wide a text may be: the terminal's width, and 80 in a pipe,
// whatever COLUMNS says, so that the same run writes the same bytes.
func (t *Terminal) Width() int {
	if t.file == nil || !xterm.IsTerminal(int(t.file.Fd())) {
		return DefaultWidth
	}
	w, _ := t.Size()
	return w
}

func (t *Terminal) number(name string, fallback int) int {
	v, _ := t.env(name)
	if n, err := strconv.Atoi(v); err == nil && n > 0 && n < 10000 {
		return n
	}
	return fallback
}
