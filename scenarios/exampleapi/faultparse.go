package exampleapi

import (
	"errors"
	"fmt"
	"math"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
)

// FaultHelp describes the notation of faults, for people who type them.
const FaultHelp = `  slow:ROUTE:+300ms            adds latency
  slow:ROUTE:+300ms:+3ms/s     that grows while the fault is active
  bimodal:ROUTE:+800ms:20%     adds latency to a share of the answers
  errors:ROUTE:60%:status=503  answers a share with an error (500 unless said)
  drop:ROUTE:10%               cuts the connection in the middle of the answer
  hang:ROUTE:10%               gives no answer before the client leaves or 60 s
  leak:ROUTE:1MiB:max=256MiB   keeps memory for each request, up to max
  pool:20:wait=1s              20 database connections; long waits end in a 503
  break:150                    slow near 150 requests at once, errors beyond
  ws-drop:5%                   cuts a socket without a close frame at a message
  ws-stall:50%                 leaves a share of the messages without an answer
  ws-lose:10%                  swallows a share of the messages on sockets
  ws-duplicate:10%             sends a share of the messages on sockets twice
  ws-reorder:10%               sends a share of notifications after the next
  ws-restart                   closes sockets with 1012, refuses others while on

A number in a socket's fault, as in ws-lose:3, is how many messages it hits
at most, in all.

ROUTE is "GET /api/leads/:id", "/api/leads/:id" (any method) or "*"; left out,
it is every route. A percentage left out is 100%. Every kind also takes
after=, for= and every=: it begins so long after it was switched on, lasts so
long, and begins again so often.`

// ParseFault reads the notation of a fault: its kind and its arguments with
// colons between them (a colon behind a slash belongs to a route pattern).
// FaultHelp lists the kinds.
func ParseFault(s string) (Fault, error) {
	parts := splitFault(s)
	kind := strings.TrimSpace(parts[0])
	k := kindOf(kind)
	if k == nil {
		return Fault{}, fmt.Errorf("fault %q: there is no kind %q; the kinds are%s", s, kind, faultUsage())
	}
	f := k.initial
	f.Kind = k.name
	var given field
	for _, part := range parts[1:] {
		got, err := f.set(strings.TrimSpace(part))
		if err == nil && !k.allows(got) {
			err = fmt.Errorf("%s does not take it", k.name)
		}
		if err == nil && got&given != 0 {
			err = errors.New("it says the same thing twice")
		}
		if err != nil {
			return Fault{}, fmt.Errorf("fault %q: %q: %w; write it like %s", s, part, err, k.usage)
		}
		given |= got
	}
	if err := k.check(&f, given); err != nil {
		return Fault{}, fmt.Errorf("fault %q: %w; write it like %s", s, err, k.usage)
	}
	return f, nil
}

// splitFault cuts at colons that don't follow a slash.
func splitFault(s string) []string {
	var parts []string
	start := 0
	for i := range len(s) {
		if s[i] == ':' && (i == 0 || s[i-1] != '/') {
			parts = append(parts, s[start:i])
			start = i + 1
		}
	}
	return append(parts, s[start:])
}

func (k *faultKind) check(f *Fault, given field) error {
	switch {
	case k.anyOf != 0 && given&k.anyOf == 0:
		return errors.New("an added latency is missing")
	case (k.needs&^given)&fieldDelay != 0:
		return errors.New("an added latency is missing")
	case (k.needs&^given)&fieldPercent != 0:
		return errors.New("a percentage is missing")
	case (k.needs&^given)&fieldCount != 0:
		return errors.New("a number is missing")
	case (k.needs&^given)&fieldBytes != 0:
		return errors.New("a size is missing")
	case f.Bytes > f.Max:
		return errors.New("max= is less than what one request keeps")
	case f.Every > 0 && f.For == 0 && f.Kind != faultWSRestart:
		return errors.New("every= needs for=, or it would never pause")
	case f.Every > 0 && f.For >= f.Every:
		return errors.New("for= must be shorter than every=")
	}
	return nil
}

// set reads one argument into f and says which field it was.
func (f *Fault) set(part string) (field, error) {
	if name, value, ok := strings.Cut(part, "="); ok {
		return f.setOption(name, value)
	}
	var err error
	switch {
	case part == "":
		return 0, errors.New("it is empty")
	case part == "*":
		return fieldRoute, nil
	case strings.HasPrefix(part, "+") && strings.HasSuffix(part, "/s"):
		f.Drift, err = parseSpan(part[1 : len(part)-2])
		return fieldDrift, err
	case strings.HasPrefix(part, "+"):
		f.Delay, err = parseSpan(part[1:])
		return fieldDelay, err
	case strings.Contains(part, "/"):
		f.Route, err = parseRoute(part)
		return fieldRoute, err
	case strings.HasSuffix(part, "%"):
		f.Percent, err = parsePercent(part)
		return fieldPercent, err
	case strings.HasSuffix(part, "B"):
		f.Bytes, err = parseSize(part)
		return fieldBytes, err
	}
	n, err := strconv.Atoi(part)
	if err != nil || n < 1 || n > 1_000_000 {
		return 0, errors.New("it is neither a route, a latency (+300ms), a percentage (60%), a size (1MiB) nor a number from 1 to 1000000")
	}
	f.Count = n
	return fieldCount, nil
}

func (f *Fault) setOption(name, value string) (field, error) {
	var err error
	switch name {
	case "status":
		n, err := strconv.Atoi(value)
		if err != nil || n < 400 || n > 599 {
			return 0, errors.New("a status of an error is a number from 400 to 599")
		}
		f.Status = n
		return fieldStatus, nil
	case "max":
		f.Max, err = parseSize(value)
		return fieldMax, err
	case "wait":
		f.Wait, err = parseSpan(value)
		return fieldWait, err
	case "after":
		f.After, err = parseSpan(value)
		return fieldAfter, err
	case "for":
		f.For, err = parseSpan(value)
		return fieldFor, err
	case "every":
		f.Every, err = parseSpan(value)
		return fieldEvery, err
	}
	return 0, errors.New("the options are after, for, every, status, max and wait")
}

const longestSpan = 24 * time.Hour

func parseSpan(s string) (time.Duration, error) {
	d, err := time.ParseDuration(s)
	if err != nil || d <= 0 || d > longestSpan || strings.HasPrefix(s, "+") {
		return 0, errors.New("a time is like 300ms, 5s or 2m, more than nothing and at most 24h")
	}
	return d, nil
}

func parsePercent(s string) (float64, error) {
	p, err := strconv.ParseFloat(strings.TrimSuffix(s, "%"), 64)
	if err != nil || !(p > 0 && p <= 100) {
		return 0, errors.New("a share is more than 0% and at most 100%")
	}
	return p, nil
}

var routeMethods = []string{http.MethodGet, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete}

func parseRoute(s string) (string, error) {
	method, pattern, ok := strings.Cut(s, " ")
	if !ok {
		method, pattern = "", s
	}
	method = strings.ToUpper(method)
	switch {
	case ok && !slices.Contains(routeMethods, method):
		return "", fmt.Errorf("a route begins with one of %s, or with its path", strings.Join(routeMethods, ", "))
	case !strings.HasPrefix(pattern, "/"):
		return "", errors.New("the path of a route begins with a slash")
	case strings.HasSuffix(pattern, "/"):
		return "", errors.New("the path of a route does not end with a slash")
	case strings.ContainsRune(pattern, '?') || strings.ContainsFunc(pattern, unicode.IsSpace):
		return "", errors.New("a route is its pattern only, without query or spaces")
	}
	return strings.TrimSpace(method + " " + pattern), nil
}

var sizes = []struct {
	unit  string
	bytes int64
}{{"GiB", 1 << 30}, {"MiB", 1 << 20}, {"KiB", 1 << 10}, {"GB", 1e9}, {"MB", 1e6}, {"KB", 1e3}, {"B", 1}}

const largestSize = 1 << 40

func parseSize(s string) (int64, error) {
	for _, u := range sizes {
		number, ok := strings.CutSuffix(s, u.unit)
		if !ok {
			continue
		}
		n, err := strconv.ParseInt(number, 10, 64)
		if err != nil || n < 1 || n > math.MaxInt64/u.bytes || n*u.bytes > largestSize {
			break
		}
		return n * u.bytes, nil
	}
	return 0, errors.New("a size is a whole number with B, KiB, MiB or GiB, at most 1024GiB")
}

// formatSize writes n in the largest binary unit that divides it.
func formatSize(n int64) string {
	for _, u := range sizes[:3] {
		if n != 0 && n%u.bytes == 0 {
			return strconv.FormatInt(n/u.bytes, 10) + u.unit
		}
	}
	return strconv.FormatInt(n, 10) + "B"
}
