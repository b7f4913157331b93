// Package series writes a run second by second, as CSV or as NDJSON: in each
// second a line for all requests together, and one for each request or group
// in which anything ended.
//
// Both forms have the same columns under the same names, in the table of
// columns.go. Nothing measured is an empty field, or no key; it is never a
// zero.
package series

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"time"

	"throng/dsl/plan"
	"throng/runtime/export/sheet"
	"throng/runtime/record"
	"throng/runtime/report/text"
	"throng/runtime/results"
)

// point is what one line is about.
type point struct {
	run    *results.Run
	second *results.Second
	row    *results.Row // nil for all requests together
	stats  *record.Stats
}

// each visits the lines of a run.
func each(run *results.Run, visit func(*point) error) error {
	return run.Each(func(s *results.Second) error {
		if err := visit(&point{run, s, nil, s.Total(run.Rows)}); err != nil {
			return err
		}
		for i := range run.Rows {
			if i >= len(s.Rows) || s.Rows[i] == nil {
				continue
			}
			if err := visit(&point{run, s, &run.Rows[i], s.Rows[i]}); err != nil {
				return err
			}
		}
		return nil
	})
}

// WriteCSV writes lines of comma-separated fields under a line of names.
func WriteCSV(w io.Writer, run *results.Run) error {
	b := bufio.NewWriter(w)
	out := sheet.New(b)
	list := columns()
	fields := make([]string, len(list))
	for i := range list {
		fields[i] = list[i].name
	}
	out.Line(fields...)
	err := each(run, func(p *point) error {
		for i := range list {
			fields[i] = list[i].field(p)
		}
		out.Line(fields...)
		return out.Err()
	})
	if err != nil {
		return err
	}
	return flush(b)
}

func flush(b *bufio.Writer) error {
	if err := b.Flush(); err != nil {
		return fmt.Errorf("writing the time series: %w", err)
	}
	return nil
}

// WriteNDJSON writes a JSON object a line.
func WriteNDJSON(w io.Writer, run *results.Run) error {
	b := bufio.NewWriter(w)
	list := columns()
	var line []byte
	err := each(run, func(p *point) error {
		line = append(line[:0], '{')
		for i := range list {
			v := list[i].value(p)
			if v == nil || list[i].sparse && v == int64(0) {
				continue
			}
			value, err := json.Marshal(v)
			if err != nil {
				return fmt.Errorf("encoding the time series: %w", err)
			}
			if len(line) > 1 {
				line = append(line, ',')
			}
			line = append(line, '"')
			line = append(line, list[i].name...) // plain ASCII words
			line = append(line, `":`...)
			line = append(line, value...)
		}
		line = append(line, "}\n"...)
		_, err := b.Write(line)
		return err
	})
	if err != nil {
		return err
	}
	return flush(b)
}

func (p *point) kind() string {
	switch {
	case p.row == nil:
		return "total"
	case p.row.Kind == plan.GroupSeries:
		return "group"
	}
	return "request"
}

// label is part of the row's name, fit to be shown.
func (p *point) label(of func(*results.Row) string) any {
	if p.row == nil || of(p.row) == "" {
		return nil
	}
	return text.Clean(of(p.row))
}

func (p *point) moment() time.Time { return p.run.Report.Run.Started.Add(p.second.At).UTC() }
