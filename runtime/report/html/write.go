package html

import (
	"bytes"
	"embed"
	"encoding/base64"
	"fmt"
	"html/template"
	"io"
	"io/fs"
	"regexp"
	"strings"

	"throng/runtime/compare"
	"throng/runtime/results"
)

//go:embed assets
var assets embed.FS

// The parts of the page, joined in the order of their names.
var (
	style     = tight.Replace(strings.ReplaceAll(joinedFiles("assets/css"), "\n", ""))
	script    = "'use strict';\n(() => {\n" + dense.Replace(joinedFiles("assets/js")) + "})();\n"
	templates = template.Must(template.New("").Funcs(template.FuncMap{"cells": cellsOf}).ParseFS(assets, "assets/parts/*.html"))
)

// remark is a comment behind a statement; no string in the assets has one in
// it.
var remark = regexp.MustCompile(` // [^'"]*$`)

// joinedFiles are the files of a directory, without indentation and without
// comments.
func joinedFiles(dir string) string {
	var b strings.Builder
	entries, err := fs.ReadDir(assets, dir)
	if err != nil {
		panic(err) // the directory is embedded
	}
	for _, e := range entries {
		data, err := assets.ReadFile(dir + "/" + e.Name())
		if err != nil {
			panic(err)
		}
		for line := range strings.Lines(string(data)) {
			if line = strings.TrimLeft(line, " "); !strings.HasPrefix(line, "//") {
				b.WriteString(remark.ReplaceAllString(strings.TrimSuffix(line, "\n"), "") + "\n")
			}
		}
	}
	return b.String()
}

// tight leaves out the spaces that a style does not need.
var tight = strings.NewReplacer(";}", "}", "; }", "}", "} ", "}", " {", "{", "{ ", "{", "; ", ";", ": ", ":", ", ", ",")

// dense leaves out the spaces around operators that no text of the script has.
var dense = strings.NewReplacer(" => ", "=>", " = ", "=", " === ", "===", " !== ", "!==", " += ", "+=", " && ", "&&", " || ", "||")

func base64Of(b []byte) string { return base64.StdEncoding.EncodeToString(b) }

// policy forbids the page everything but its own style and its own script.
func policy() string {
	return "default-src 'none'; style-src 'unsafe-inline'; script-src " + hashOf(script) + "; img-src data:; base-uri 'none'; form-action 'none'"
}

// Write writes the report of a run as one HTML file.
func Write(w io.Writer, run *results.Run) error { return WriteAgainst(w, run, nil) }

// WriteAgainst also shows how the run compares with another, where c is not
// nil.
func WriteAgainst(w io.Writer, run *results.Run, c *compare.Comparison) error {
	p, err := newPage(run, c)
	if err != nil {
		return fmt.Errorf("making the HTML report: %w", err)
	}
	p.CSP = policy()
	p.Style = template.HTML("<style>" + style + "</style>")
	p.Script = template.HTML("<script>" + script + "</script>")
	var b bytes.Buffer
	if err := templates.ExecuteTemplate(&b, "page.html", p); err != nil {
		return fmt.Errorf("making the HTML report: %w", err)
	}
	if _, err := w.Write(b.Bytes()); err != nil {
		return fmt.Errorf("writing the HTML report: %w", err)
	}
	return nil
}
