// Package export is the table of the forms that a run can be written in for
// other programs: what they are called, which files they are, and who writes
// them. Each form is a package of its own beside this one.
package export

import (
	"fmt"
	"io"
	"strings"

	"throng/runtime/export/github"
	"throng/runtime/export/gitlab"
	"throng/runtime/export/hlog"
	"throng/runtime/export/junit"
	"throng/runtime/export/locust"
	"throng/runtime/export/markdown"
	"throng/runtime/export/openmetrics"
	"throng/runtime/export/series"
	"throng/runtime/results"
)

// Format is one form.
type Format struct {
	Name  string
	About string // in a clause
	// File is what its file is called where nobody says; of a form that is
	// several files, how all their names begin.
	File string
	// Several files have names that begin alike.
	Several bool
	// Stream is meant to be read from a job's output, and is no file unless
	// one is asked for.
	Stream bool

	files func(*results.Run) []File
}

// File is one file of a form.
type File struct {
	Suffix string // behind what is given as the name; "" for the only file
	Write  func(io.Writer) error
}

// Files are what the form of a run consists of.
func (f *Format) Files(run *results.Run) []File { return f.files(run) }

func one(write func(io.Writer, *results.Run) error) func(*results.Run) []File {
	return func(run *results.Run) []File {
		return []File{{Write: func(w io.Writer) error { return write(w, run) }}}
	}
}

func csvs(o locust.Options) func(*results.Run) []File {
	return func(run *results.Run) []File {
		var list []File
		for _, f := range locust.Files(run, o) {
			list = append(list, File(f))
		}
		return list
	}
}

var formats = []Format{
	{Name: "locust", About: "the four CSV files of Locust", File: "locust", Several: true, files: csvs(locust.Options{})},
	{Name: "locust-full", About: "the same, with each request in the history", File: "locust", Several: true, files: csvs(locust.Options{Full: true})},
	{Name: "locust-legacy", About: "the CSV files of Locust before 1.0", File: "locust", Several: true, files: csvs(locust.Options{Legacy: true})},
	{Name: "series-csv", About: "each second of each request, as CSV", File: "series.csv", files: one(series.WriteCSV)},
	{Name: "series-ndjson", About: "the same, as a JSON object a line", File: "series.ndjson", files: one(series.WriteNDJSON)},
	{Name: "hlog", About: "an HdrHistogram interval log", File: "run.hlog", files: one(hlog.Write)},
	{Name: "junit", About: "JUnit XML, a test case a limit", File: "junit.xml", files: one(junit.Write)},
	{Name: "markdown", About: "a CI step's summary or a pull request's comment", File: "summary.md", files: one(func(w io.Writer, run *results.Run) error {
		return markdown.Write(w, run, markdown.Options{})
	})},
	{Name: "github", About: "annotations of GitHub Actions", File: "annotations.txt", Stream: true, files: one(github.Write)},
	{Name: "gitlab", About: "GitLab's load performance artefact", File: "load-performance.json", files: one(gitlab.Write)},
	{Name: "openmetrics", About: "OpenMetrics text: GitLab's metrics report, Prometheus", File: "metrics.txt", files: one(openmetrics.Write)},
}

// Formats are all forms, in the order in which they are documented.
func Formats() []Format { return formats }

// Names are the names of all forms.
func Names() []string {
	var names []string
	for i := range formats {
		names = append(names, formats[i].Name)
	}
	return names
}

// Named is the form called name.
func Named(name string) (*Format, error) {
	for i := range formats {
		if formats[i].Name == name {
			return &formats[i], nil
		}
	}
	return nil, fmt.Errorf("there is no format %q; there are %s", name, strings.Join(Names(), ", "))
}
