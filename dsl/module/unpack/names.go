package unpack

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"
)

const (
	maxPart  = 255 // bytes, of most file systems
	maxPath  = 1024
	maxDepth = 32
)

// CheckName reports why a module cannot hold a file of that name: a path
// with slashes, relative to the module. What passes means the same file
// within the module's directory on every system.
func CheckName(name string) error {
	switch {
	case name == "":
		return fmt.Errorf("it holds a file without a name")
	case len(name) > maxPath:
		return fmt.Errorf("the name %s is longer than %d bytes", show(name), maxPath)
	case !utf8.ValidString(name):
		return fmt.Errorf("the name %s is not UTF-8 text", show(name))
	case strings.HasPrefix(name, "/"):
		return fmt.Errorf("%s is an absolute path, and would lie outside the module", show(name))
	case slices.Contains(strings.Split(name, "/"), ".."):
		return fmt.Errorf("the name %s holds \"..\", and would lie outside the module", show(name))
	case strings.Count(name, "/") >= maxDepth:
		return fmt.Errorf("%s lies more than %d directories deep", show(name), maxDepth)
	}
	for _, r := range name {
		if unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || r == '\u2028' || r == '\u2029' {
			return fmt.Errorf("the name %s holds the character %U, which cannot be seen", show(name), r)
		}
		if strings.ContainsRune(`\:*?"<>|`, r) {
			return fmt.Errorf("the name %s holds a %q, which not every system allows", show(name), r)
		}
	}
	for part := range strings.SplitSeq(name, "/") {
		if why := badPart(part); why != "" {
			return fmt.Errorf("the name %s %s", show(name), why)
		}
	}
	return nil
}

// badPart says what is wrong with the name of one file or directory.
func badPart(part string) string {
	lower := strings.ToLower(part)
	switch {
	case part == "" || part == ".":
		return "holds a part that is no name"
	case len(part) > maxPart:
		return fmt.Sprintf("holds a part longer than %d bytes", maxPart)
	case strings.HasSuffix(part, ".") || strings.HasSuffix(part, " "):
		return "holds a part that ends in a dot or a space, which Windows drops"
	case lower == ".git" || lower == "git~1":
		return "lies in the files of git itself, which hold more than a module (credentials, hooks): pack the module without them"
	case reserved(lower):
		return "holds a name that is a device on Windows"
	}
	return ""
}

// reserved reports whether a name in lower case is a device on Windows,
// whatever its ending.
func reserved(lower string) bool {
	base, _, _ := strings.Cut(lower, ".")
	base = strings.TrimRight(base, " ")
	switch base {
	case "con", "prn", "aux", "nul", "conin$", "conout$":
		return true
	}
	for _, device := range []string{"com", "lpt"} {
		if n, ok := strings.CutPrefix(base, device); ok && utf8.RuneCountInString(n) == 1 && strings.Contains("0123456789¹²³", n) {
			return true
		}
	}
	return false
}

// folded is a name as a file system sees it that tells neither case nor the
// composition of letters apart.
func folded(name string) string {
	return norm.NFC.String(cases.Fold().String(norm.NFD.String(name)))
}

// show quotes a name, and shortens it, so that it does nothing to a terminal.
func show(name string) string {
	const enough = 120
	if len(name) > enough {
		return strconv.QuoteToASCII(name[:enough]) + "…"
	}
	return strconv.Quote(name)
}
