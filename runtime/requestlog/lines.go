package requestlog

import (
	"bytes"
	"encoding/json"
	"strconv"
	"time"

	"throng/dsl/plan"
	"throng/runtime/export/sheet"
	"throng/runtime/record"
	"throng/runtime/report/text"
)

// columns are those of Locust's contrib/csv_request_logger.py, in its order,
// and behind them what is known besides. Times are milliseconds; timestamp is
// when the request was due, by the wall clock, in UTC. An empty field, or a
// key that is not there, means that there was none.
var columns = []string{
	"timestamp", "request_type", "name", "response_time_ms", "response_length", "status_code", "exception",
	"at_ms", "service_time_ms", "first_byte_ms", "dns_ms", "connect_ms", "tls_ms", "request_length",
	"user", "user_class", "task", "warmup", "retried",
}

// texts are the columns that NDJSON has as strings.
var texts = map[string]bool{"timestamp": true, "request_type": true, "name": true, "exception": true, "user_class": true, "task": true}

// series is what of a series stands on every line of it.
type series struct{ method, name, class, task string }

// lines makes the lines of a log.
type lines struct {
	series []series
	ndjson bool
	wall   time.Time
	zero   int64
	warmup int64
	b      bytes.Buffer
	csv    *sheet.Writer
	fields []string
}

func newLines(p *plan.Plan, ndjson bool, wall time.Time, zero int64) *lines {
	l := &lines{ndjson: ndjson, wall: wall, zero: zero, warmup: zero + int64(p.Profile.Warmup)}
	l.csv = sheet.New(&l.b)
	mask := p.Mask()
	outside := sheet.Text
	if ndjson {
		outside = text.Clean
	}
	for i := range p.Series {
		s := &p.Series[i]
		row := &p.Rows[s.Row]
		class := ""
		if s.Class >= 0 && s.Class < len(p.Classes) {
			class = p.Classes[s.Class].Name
		}
		l.series = append(l.series, series{outside(row.Method), outside(mask.Replace(row.Name)), outside(class), outside(mask.Replace(s.Task))})
	}
	return l
}

// head is the line above all others; NDJSON has none.
func (l *lines) head() []byte {
	if l.ndjson {
		return nil
	}
	l.b.Reset()
	l.csv.Line(columns...)
	return l.b.Bytes()
}

// line is valid until the next call.
func (l *lines) line(e *entry) []byte {
	l.b.Reset()
	l.fields = l.values(l.fields[:0], e)
	if !l.ndjson {
		l.csv.Line(l.fields...)
		return l.b.Bytes()
	}
	l.b.WriteByte('{')
	for i, v := range l.fields {
		if v == "" {
			continue
		}
		if i > 0 {
			l.b.WriteByte(',')
		}
		l.b.WriteString(strconv.Quote(columns[i]) + ":")
		if texts[columns[i]] {
			quoted, _ := json.Marshal(v) // a string has a JSON form
			l.b.Write(quoted)
			continue
		}
		l.b.WriteString(v)
	}
	l.b.WriteString("}\n")
	return l.b.Bytes()
}

func (l *lines) values(fields []string, e *entry) []string {
	s := &e.sample
	of := &l.series[s.Series]
	failure, status, first := "", "", ""
	if s.Class != plan.OK {
		failure = s.Class.String()
	}
	if s.Status != 0 {
		status = strconv.Itoa(int(s.Status))
	}
	if s.First != 0 {
		first = ms(s.First - s.Sent)
	}
	due := l.wall.Add(time.Duration(s.Intended - l.zero)).UTC()
	return append(fields,
		due.Format("2006-01-02T15:04:05.000000Z"), of.method, of.name, ms(s.Response()), sheet.Int(s.BytesIn), status, failure,
		ms(s.Intended-l.zero), ms(s.Service()), first, phase(s.DNS), phase(s.Connect), phase(s.TLS), sheet.Int(s.BytesOut),
		strconv.Itoa(e.user), of.class, of.task, strconv.FormatBool(s.Intended < l.warmup), strconv.FormatBool(s.Retried))
}

func ms(ns int64) string { return sheet.Number(float64(ns) / 1e6) }

// phase is a phase of a new connection, "" on a reused one.
func phase(ns int64) string {
	if ns == 0 {
		return ""
	}
	return ms(ns)
}

var _ record.Tap = (*Log)(nil)
