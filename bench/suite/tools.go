package main

import (
	"path/filepath"
	"strconv"
	"strings"
)

// tool is a load generator and how it does the two flows.
type tool struct {
	name    string
	program string                          // "" for throng, which is always there
	version func(program string) string     // of what is installed
	plain   func(url, span string) []string // arguments for 50 users and one GET; nil: not asked
	real    func(url, span string) []string // for the realistic flow; nil: cannot do it
	accepts []int                           // exit codes of a run that sent its load
}

// tools are all peers. wrk is first: it is what the others are held against.
func (s *suite) tools() []tool {
	k6 := func(flow string) func(url, span string) []string {
		return func(url, span string) []string {
			return []string{"run", "--quiet", "--no-usage-report", "-e", "BASE_URL=" + url, "-e", "DURATION=" + span,
				"-e", "FLOW=" + flow, filepath.Join(s.dir, "flow", "k6.js")}
		}
	}
	throng := func(flow string) func(url, span string) []string {
		return func(url, span string) []string {
			return []string{"run", "--var", "base_url=" + url, "--var", "duration=" + span, filepath.Join(s.dir, "flow", flow)}
		}
	}
	return []tool{
		{
			name: "wrk", program: "wrk", version: says("-v"), accepts: []int{0},
			plain: func(url, span string) []string { return []string{"-t1", "-c50", "-d" + span, url + "/"} },
		},
		{
			// 97 is INCONCLUSIVE: at full speed throng says that its core is full.
			name: "throng", version: says("version"), accepts: []int{0, 97}, plain: throng("plain"), real: throng("real"),
		},
		{
			name: "ab -k", program: "ab", version: says("-V"), accepts: []int{0},
			plain: func(url, span string) []string {
				return []string{"-k", "-q", "-c50", "-t" + strings.TrimSuffix(span, "s"), "-n100000000", url + "/"}
			},
		},
		{
			name: "hey", program: "hey", version: func(string) string { return modules["hey"] }, accepts: []int{0},
			plain: func(url, span string) []string { return []string{"-c", "50", "-z", span, url + "/"} },
		},
		{name: "k6", program: "k6", version: says("version"), accepts: []int{0}, plain: k6("plain"), real: k6("real")},
		{
			name: "Locust FastHttpUser", program: "locust", version: packaged, accepts: []int{0},
			real: func(url, span string) []string {
				return []string{"-f", filepath.Join(s.dir, "flow", "locustfile.py"), "--headless", "--only-summary",
					"-u50", "-r50", "-t" + span, "-H", url, "--stop-timeout", "2"}
			},
		},
	}
}

// says asks a program for its version.
func says(flag string) func(string) string {
	return func(program string) string {
		line, err := output(program, flag)
		if err != nil {
			return "version unknown"
		}
		line, _, _ = strings.Cut(line, " Copyright")
		return strings.TrimSpace(strings.ReplaceAll(line, "This is ", ""))
	}
}

// packaged is the version Debian gives a program; locust itself says none.
func packaged(program string) string {
	version, err := output("dpkg-query", "-W", "-f", "${Version}", debian[filepath.Base(program)])
	if err != nil {
		return "version unknown"
	}
	return "Debian " + version
}

// seconds is the span of a run in whole seconds, which every tool can read.
func (s *suite) seconds() string { return strconv.Itoa(int(s.span.Seconds())) }
