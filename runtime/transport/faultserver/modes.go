package faultserver

import (
	"fmt"
	"io"
	"sort"
	"strconv"
	"strings"
	"time"
)

// mode does one thing to a request. It returns what it did, and whether the
// connection goes on.
type mode struct {
	about string
	do    func(x *exchange) (outcome string, keep bool)
}

// Modes describes the paths: name to what the server does there. A name that
// ends in "/" takes a rest.
func Modes() map[string]string {
	all := map[string]string{}
	for path, m := range modes {
		all[path] = m.about
	}
	return all
}

// Paths lists the modes' names in order.
func Paths() []string {
	var all []string
	for path := range modes {
		all = append(all, path)
	}
	sort.Strings(all)
	return all
}

func (x *exchange) answer() (outcome string, keep bool) {
	m, ok := modes[x.path]
	if !ok {
		if i := strings.IndexByte(x.path[1:], '/'); i >= 0 {
			m, ok = modes[x.path[:i+2]]
		}
	}
	if !ok {
		x.readBody()
		x.respond(404, "no such mode")
		return "answered 404", true
	}
	return m.do(x)
}

// rest is what follows the mode's name in the path.
func (x *exchange) rest() string {
	i := strings.IndexByte(x.path[1:], '/')
	return x.path[i+2:]
}

// number is the query value called name, or otherwise.
func (x *exchange) value(name string, otherwise int) int {
	if n, err := strconv.Atoi(x.query.Get(name)); err == nil {
		return n
	}
	return otherwise
}

// tag is the text that says whose answer this is.
func (x *exchange) tag() string { return "id=" + x.query.Get("id") }

func (x *exchange) respond(status int, body string) {
	answer := fmt.Sprintf("HTTP/1.1 %d Status\r\nContent-Length: %d\r\n\r\n", status, len(body))
	if x.method != "HEAD" && status != 204 && status != 304 {
		answer += body
	}
	io.WriteString(x, answer)
}

// raw is a mode that writes a fixed text. With keep the connection goes on.
func raw(about, text string, keep bool) mode {
	return mode{about, func(x *exchange) (string, bool) {
		x.readBody()
		io.WriteString(x, text)
		return "answered", keep
	}}
}

// resets is a mode that writes part of an answer and then resets.
func resets(about, text string) mode {
	return mode{about, func(x *exchange) (string, bool) {
		x.readBody()
		io.WriteString(x, text)
		// Let the client see the part: a reset throws away what is under way.
		if text != "" {
			x.pause(time.Duration(x.value("ms", 20)) * time.Millisecond)
		}
		x.after = x.reset
		return "reset", false
	}}
}

// flood is a mode that writes pieces without end; head comes first.
func flood(about, head, piece string, limit int64) mode {
	return mode{about, func(x *exchange) (string, bool) {
		x.readBody()
		block := strings.Repeat(piece, 1+(16<<10)/len(piece))
		io.WriteString(x, head)
		for sent := int64(0); sent < limit; {
			n, err := io.WriteString(x, block)
			if err != nil {
				return "flooded until the client left", false
			}
			sent += int64(n)
		}
		return "flooded", false
	}}
}

func drip(about, answer string) mode {
	return mode{about, func(x *exchange) (string, bool) {
		x.readBody()
		gap := time.Duration(x.value("ms", 20)) * time.Millisecond
		for i := range len(answer) {
			if _, err := io.WriteString(x, answer[i:i+1]); err != nil || !x.pause(gap) {
				return "dripped until the client left", false
			}
		}
		return "answered", true
	}}
}

var modes map[string]mode

func init() { modes = allModes() } // not an initializer: answer reads it

func allModes() map[string]mode {
	const ok = "HTTP/1.1 200 OK\r\n"
	const half = ok + "Content-Length: 100\r\n\r\nonly this"
	return map[string]mode{
		"/ok": {"200; the body is id=ID (query: id)", func(x *exchange) (string, bool) {
			x.readBody()
			x.respond(200, x.tag())
			return "answered", true
		}},
		"/status/": {"the status that follows", func(x *exchange) (string, bool) {
			x.readBody()
			status, _ := strconv.Atoi(x.rest())
			x.respond(status, x.tag())
			return "answered " + x.rest(), true
		}},
		"/echo": {"200; the request's body", func(x *exchange) (string, bool) {
			x.respond(200, string(x.readBody()))
			return "answered", true
		}},
		"/size/": {"200; a body of that many bytes", func(x *exchange) (string, bool) {
			x.readBody()
			n, _ := strconv.Atoi(x.rest())
			x.respond(200, strings.Repeat("x", n))
			return "answered", true
		}},
		"/slow": {"200 after a pause (query: ms)", func(x *exchange) (string, bool) {
			x.readBody()
			if !x.pause(time.Duration(x.value("ms", 50)) * time.Millisecond) {
				return "closed", false
			}
			x.respond(200, x.tag())
			return "answered", true
		}},
		"/hang": {"silence", func(x *exchange) (string, bool) {
			x.readBody()
			x.wait()
			return "hung", false
		}},
		"/hang-body": {"a header, then silence", func(x *exchange) (string, bool) {
			x.readBody()
			io.WriteString(x, half)
			x.wait()
			return "hung", false
		}},
		"/drip":      drip("an answer, one byte every ms milliseconds (query: ms)", ok+"Content-Length: 100\r\n\r\n"+strings.Repeat("x", 100)),
		"/drip-body": drip("chunks of one byte, one byte a time", ok+"Transfer-Encoding: chunked\r\n\r\n"+strings.Repeat("1\r\nx\r\n", 100)+"0\r\n\r\n"),

		"/reset-before":  resets("RST instead of an answer", ""),
		"/reset-headers": resets("RST within the header", ok+"Content-Le"),
		"/reset-body":    resets("RST within the body", half),
		"/close-before":  raw("FIN instead of an answer", "", false),
		"/close-headers": raw("FIN within the header", ok+"Content-Le", false),
		"/short":         raw("FIN before the announced length", half, false),
		"/short-chunk":   raw("FIN within a chunk", ok+"Transfer-Encoding: chunked\r\n\r\n64\r\nonly this", false),

		"/desync": {"an answer and a second one in the same segment", func(x *exchange) (string, bool) {
			x.readBody()
			io.WriteString(x, x.tagged()+poison)
			return "answered twice", true
		}},
		"/desync-late": {"an answer, and a second one after it", func(x *exchange) (string, bool) {
			x.readBody()
			io.WriteString(x, x.tagged())
			x.pause(time.Millisecond)
			io.WriteString(x, poison)
			return "answered twice", true
		}},
		"/garbage":        raw("binary noise", "\x00\x01\xfe\xff\x16\x03\x01garbage\r\n\r\n", false),
		"/garbage-status": raw("terminal escapes in the status line", "HTTP/1.1 200 \x1b[31mRED\x07\x1b]0;title\x07\r\nContent-Length: 0\r\n\r\n", true),
		"/http09":         raw("a page without a header", "<html><body>hello</body></html>\r\n", false),
		"/http2":          raw("an answer of another version", "HTTP/2.0 200 OK\r\nContent-Length: 0\r\n\r\n", false),

		"/headers": flood("a header of 10 MiB", ok, "X-Filler: "+strings.Repeat("x", 1000)+"\r\n", 10<<20),
		"/line":    flood("a header line without end", ok+"X-Filler: ", "x", 10<<20),
		"/cookies": flood("100,000 cookies", ok, "Set-Cookie: a=b; Path=/\r\n", 100_000*25),
		"/1xx":     flood("interim answers without end", "", "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n", 64<<20),
		"/infinite": flood("a body without end",
			ok+"\r\n", strings.Repeat("x", 1024), 1<<30),
		"/infinite-chunked": flood("chunks without end",
			ok+"Transfer-Encoding: chunked\r\n\r\n", "400\r\n"+strings.Repeat("x", 1024)+"\r\n", 1<<30),
		"/announced": raw("a Content-Length of 1 TiB", ok+"Content-Length: 1099511627776\r\n\r\nx", false),

		"/hints":  raw("two interim answers, then 200", "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"+ok+"Content-Length: 2\r\n\r\nok", true),
		"/switch": raw("another protocol unasked", "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n", false),
		"/chunk/": {"a chunked body: a case of Chunks", func(x *exchange) (string, bool) {
			x.readBody()
			c, found := chunkCase(x.rest())
			if !found {
				x.respond(404, "no such case")
				return "answered 404", true
			}
			io.WriteString(x, ok+"Transfer-Encoding: chunked\r\n\r\n"+c.Body)
			return "answered", c.OK
		}},
		"/both-framings":   raw("Content-Length and chunked", ok+"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", false),
		"/two-lengths":     raw("two lengths that differ", ok+"Content-Length: 2\r\nContent-Length: 3\r\n\r\nok!", false),
		"/negative-length": raw("a length below zero", ok+"Content-Length: -1\r\n\r\n", false),
		"/unknown-coding":  raw("a transfer coding nobody asked for", ok+"Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", false),

		"/until-close":  raw("a body up to the end of the connection", ok+"\r\nthe whole body", false),
		"/close-header": raw("Connection: close", ok+"Connection: close\r\nContent-Length: 2\r\n\r\nok", false),
		"/http10":       raw("HTTP/1.0, closed after it", "HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok", false),
		"/http10-keep":  raw("HTTP/1.0 that persists", "HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 2\r\n\r\nok", true),
		"/close-idle":   raw("an answer that lets hope, then FIN", ok+"Content-Length: 2\r\n\r\nok", false),
		"/half-close": {"an answer, then FIN in one direction", func(x *exchange) (string, bool) {
			x.readBody()
			x.respond(200, x.tag())
			x.closeWrite()
			x.after = x.wait
			return "answered", false
		}},
		"/early": {"413 and RST before the body is read", func(x *exchange) (string, bool) {
			x.respond(413, "too much")
			// Closing with unread bytes makes the kernel send RST.
			return "answered 413", false
		}},
	}
}

const poison = "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nid=POISON"

func (x *exchange) tagged() string {
	return fmt.Sprintf("HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s", len(x.tag()), x.tag())
}
