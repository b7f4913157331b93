package truth

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/flate"
	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zlib"
	"github.com/klauspost/compress/zstd"

	"throng/dsl"
	"throng/dsl/plan"
	"throng/runtime/sla"
	"throng/runtime/transport/faultserver"
)

// serving is a well-behaved server of answers that are not.
func serving(t *testing.T, answer http.HandlerFunc) (*httptest.Server, *atomic.Int64) {
	t.Helper()
	var n atomic.Int64
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		n.Add(1)
		answer(w, r)
	}))
	t.Cleanup(s.Close)
	return s, &n
}

// TestF01_Refused: users whose target refuses connections do not spin. Each
// rests for 100 ms at least, or as long as its wait says. A machine that is
// busy makes fewer attempts, never more.
func TestF01_Refused(t *testing.T) {
	for wait, rest := range map[string]time.Duration{"": 100 * ms, "wait = \"400ms\"\n": 400 * ms} {
		p := scenario{user: wait + "get \"/\" {}\n", profile: "users = 50\n duration = \"1s\"\n"}.play(t, "http://"+faultserver.Refusing(t))
		n := p.row("GET /").Count()
		p.all(t, "GET /", n, plan.FailRefused)
		most := 50 * (1 + int64(p.Elapsed/rest)) // of a run that may end late
		if n == 0 || n > most {
			t.Errorf("%swith 50 users %d attempts in %v, want at most %d", wait, n, p.Elapsed, most)
		}
		p.judged(t, sla.Fail)
	}
}

// TestF01_Pace is the same on a clock that nothing delays, where the number of
// attempts is exact.
func TestF01_Pace(t *testing.T) {
	for wait, want := range map[string]int{"": 50 * 50, "  wait = \"1s\"\n": 50 * 5} {
		c := greenCase{user: wait + "  get \"/items\" {}\n", profile: "  users = 50\n  spawn_rate = 1e6\n  duration = \"5s\"\n",
			slas: "sla \"all\" { error_rate = \"1%\" }\n", answer: always(mockAnswer{after: time.Nanosecond, class: plan.FailRefused})}
		r := compiled(t, c.source(), dsl.Options{Seed: 1})
		if r.Plan == nil {
			t.Fatal(r.Diagnostics.Err())
		}
		synctest.Test(t, func(t *testing.T) {
			state, why := c.judged(t, r.Plan)
			if said := fmt.Sprintf("%d of %d failed", want, want); state != failed || !strings.Contains(strings.ReplaceAll(why, ",", ""), said) {
				t.Errorf("%s: %s, want %q", state, why, said)
			}
		})
	}
}

// TestF09_CookieJar: a target that sets ever new cookies does not make the
// requests of a user larger and larger.
func TestF09_CookieJar(t *testing.T) {
	var set, most atomic.Int64
	s, n := serving(t, func(w http.ResponseWriter, r *http.Request) {
		most.Store(max(most.Load(), int64(len(r.Cookies()))))
		for range 200 {
			w.Header().Add("Set-Cookie", fmt.Sprintf("c%d=%s", set.Add(1), strings.Repeat("x", 100)))
		}
	})
	p := scenario{user: "get \"/\" {}\n", profile: "users = 2\n iterations = 100\n"}.play(t, s.URL)
	p.all(t, "GET /", 100, plan.OK)
	p.judged(t, sla.Pass)
	p.checkMemory(t)
	if most.Load() > 100 || most.Load() == 0 || n.Load() != 100 {
		t.Errorf("%d cookies in a request after %d were set", most.Load(), set.Load())
	}
}

const bombSize = 64 << 20

// bombs are bodies of zeros that are small on the wire.
func bombs(t *testing.T) map[string][]byte {
	t.Helper()
	all := map[string][]byte{}
	for coding, pack := range map[string]func(io.Writer) io.WriteCloser{
		"gzip":    func(w io.Writer) io.WriteCloser { z, _ := gzip.NewWriterLevel(w, flate.BestSpeed); return z },
		"deflate": func(w io.Writer) io.WriteCloser { z, _ := zlib.NewWriterLevel(w, flate.BestSpeed); return z },
		"br":      func(w io.Writer) io.WriteCloser { return brotli.NewWriterLevel(w, brotli.BestSpeed) },
		"zstd":    func(w io.Writer) io.WriteCloser { z, _ := zstd.NewWriter(w); return z },
	} {
		var packed bytes.Buffer
		z := pack(&packed)
		block := make([]byte, 1<<20)
		for range bombSize / len(block) {
			if _, err := z.Write(block); err != nil {
				t.Fatal(err)
			}
		}
		if err := z.Close(); err != nil {
			t.Fatal(err)
		}
		all[coding] = packed.Bytes()
	}
	// One within another: what is small twice is large thrice.
	var twice bytes.Buffer
	z := gzip.NewWriter(&twice)
	_, _ = z.Write(all["gzip"])
	_ = z.Close()
	all["gzip, gzip"] = twice.Bytes()
	return all
}

// TestF11_Bombs: of a body that is much larger than its wire size only the
// beginning is decoded, where an expression reads it, and none at all where
// none does. The bytes in the books are those on the wire. A body that is being
// decoded takes its coding's window, which is 16 MiB for br: two users at once
// keep within what is modest.
func TestF11_Bombs(t *testing.T) {
	all := bombs(t)
	s, _ := serving(t, func(w http.ResponseWriter, r *http.Request) {
		coding := r.URL.Query().Get("coding")
		w.Header().Set("Content-Encoding", coding)
		_, _ = w.Write(all[coding])
	})
	const times = 12
	for coding, packed := range all {
		for _, reads := range []bool{true, false} {
			expect := ""
			if reads {
				expect = "expect { condition = length(response.body) == 256 * 1024 }\n"
			}
			user := fmt.Sprintf("get \"/bomb\" {\n query = { coding = %q }\n headers = { Accept-Encoding = %q }\n%s}\n", coding, coding, expect)
			p := scenario{user: user, profile: fmt.Sprintf("users = 2\n iterations = %d\n", times)}.play(t, s.URL)
			p.all(t, "GET /bomb", times, plan.OK)
			p.judged(t, sla.Pass)
			p.checkMemory(t)
			if in, wire := p.row("GET /bomb").BytesIn, int64(times*len(packed)); in < wire || in > wire+times*1024 {
				t.Errorf("%s: %d bytes in the books, %d of bodies on the wire", coding, in, wire)
			}
		}
	}
}

// TestF13_Redirects: what leads in circles or away from the declared targets is
// not followed, and nothing is connected to but these.
func TestF13_Redirects(t *testing.T) {
	foreign, strangers := serving(t, func(http.ResponseWriter, *http.Request) {})
	var own string
	s, n := serving(t, func(w http.ResponseWriter, r *http.Request) {
		if to := r.URL.Query().Get("to"); to != "-" {
			w.Header().Set("Location", to)
		}
		w.WriteHeader(http.StatusFound)
	})
	own = strings.TrimPrefix(s.URL, "http://")
	for _, c := range []struct {
		name, to, says string
	}{
		{"metadata", "http://169.254.169.254/latest/meta-data/", "169.254.169.254"},
		{"another port of this host", foreign.URL + "/", ""},
		{"another name of this host", "http://localhost:" + own[strings.LastIndex(own, ":")+1:] + "/", "localhost"},
		{"another scheme", "https://" + own + "/", ""},
		{"a file", "file:///etc/passwd", ""},
		{"gopher", "gopher://" + own + "/", ""},
		{"without a scheme", "//169.254.169.254/", "169.254.169.254"},
		{"nowhere", "-", "without a Location"},
		{"nonsense", "http://[::1/%zz", "no address"},
	} {
		t.Run(strings.ReplaceAll(c.name, " ", "_"), func(t *testing.T) {
			n.Store(0)
			p := scenario{user: fmt.Sprintf("get \"/go\" { query = { to = %q } }\n", c.to)}.play(t, s.URL)
			p.all(t, "GET /go", 12, plan.FailRedirect)
			p.says(t, c.says)
			p.judged(t, sla.Fail)
			if n.Load() != 12 {
				t.Errorf("the server saw %d requests of 12", n.Load())
			}
			for _, a := range p.asked {
				if a != "127.0.0.1 127.0.0.1" {
					t.Errorf("connected to %s", a)
				}
			}
		})
	}
	if strangers.Load() != 0 {
		t.Errorf("a server that is no target had %d requests", strangers.Load())
	}
}

// TestF13_Loop: a circle is left after as many hops as the request allows, and
// each of them is on the server's books.
func TestF13_Loop(t *testing.T) {
	s, n := serving(t, func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, r.URL.Path, http.StatusFound) })
	for allowed, hops := range map[string]int64{"": 6, "redirects = 2\n": 3, "redirects = 10\n": 11} {
		n.Store(0)
		p := scenario{user: "get \"/go\" {\n" + allowed + "}\n"}.play(t, s.URL)
		p.all(t, "GET /go", 12, plan.FailRedirect)
		if n.Load() != 12*hops {
			t.Errorf("%q: %d requests, want %d", allowed, n.Load(), 12*hops)
		}
	}
}

// TestF13_Credentials stay behind on the way to another target.
func TestF13_Credentials(t *testing.T) {
	var mu sync.Mutex
	var seen []http.Header
	other, _ := serving(t, func(_ http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		seen = append(seen, r.Header.Clone())
	})
	s, _ := serving(t, func(w http.ResponseWriter, r *http.Request) {
		if user, _, ok := r.BasicAuth(); !ok || user != "ada" || r.Header.Get("Cookie") == "" {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		http.Redirect(w, r, other.URL+"/", http.StatusFound)
	})
	// localhost: cookies know no ports, so another port of one host is one place.
	away := strings.Replace(other.URL, "127.0.0.1", "localhost", 1)
	other.URL = away
	p := scenario{
		target: "auth \"basic\" {\n username = \"ada\"\n password = \"secret\"\n}\n",
		user:   "target = target.api\n get \"/go\" { headers = { Cookie = \"session=1\" } }\n",
		more:   fmt.Sprintf("target \"other\" { base_url = %q }\n", away),
	}.play(t, s.URL)
	p.all(t, "GET /go", 12, plan.OK)
	p.judged(t, sla.Pass)
	if len(seen) != 12 {
		t.Errorf("%d requests came through", len(seen))
	}
	for _, h := range seen {
		if h.Get("Authorization") != "" || h.Get("Cookie") != "" {
			t.Fatalf("credentials were taken along: %v", h)
		}
	}
}

// TestF19_Busy: an answer that asks to come back in a day is counted and not
// obeyed, and a target that flaps is asked once for each request.
func TestF19_Busy(t *testing.T) {
	var turn atomic.Int64
	s, n := serving(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Retry-After", "86400")
		switch {
		case r.URL.Path == "/429":
			w.WriteHeader(http.StatusTooManyRequests)
		case turn.Add(1)%2 == 0:
			w.WriteHeader(http.StatusServiceUnavailable)
		}
	})
	p := scenario{user: "get \"/429\" {}\n"}.play(t, s.URL)
	p.all(t, "GET /429", 12, plan.FailStatus)
	p.judged(t, sla.Fail)
	if n.Load() != 12 {
		t.Errorf("%d requests for 12", n.Load())
	}
	n.Store(0)
	p = scenario{user: "wait = \"1ms\"\n task \"t\" {\n repeat {\n count = 10\n get \"/flap\" {}\n}\n}\n", profile: "users = 8\n iterations = 100\n"}.play(t, s.URL)
	p.all(t, "GET /flap", 1000, plan.OK, plan.FailStatus)
	p.judged(t, sla.Fail)
	if row := p.row("GET /flap"); n.Load() != 1000 || row.OK != 500 || row.Retried != 0 {
		t.Errorf("%d requests, %d went well, %d were tried again", n.Load(), row.OK, row.Retried)
	}
}

// TestF20_Extractors: answers that are made to hurt whoever reads them fail
// what reads them, or are read as far as they are kept, and the user goes on.
func TestF20_Extractors(t *testing.T) {
	const deep = 100_000
	bodies := map[string]string{
		"deep-json":  strings.Repeat("[", deep) + strings.Repeat("]", deep),
		"deep-map":   strings.Repeat(`{"a":`, deep) + "1" + strings.Repeat("}", deep),
		"open-json":  strings.Repeat("[", deep),
		"huge-json":  `{"a":"` + strings.Repeat("x", 2<<20) + `","token":"t"}`,
		"many-json":  "[" + strings.Repeat("1,", 1<<20) + "1]",
		"deep-html":  strings.Repeat("<div>", deep),
		"huge-html":  "<html>" + strings.Repeat("<p class=a>x", 1<<19),
		"many-attrs": "<div " + strings.Repeat("a=b ", deep) + ">",
		"no-utf8":    "\xff\xfe\x00{\"token\":\"\xc3\x28\"}",
	}
	s, n := serving(t, func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, bodies[strings.TrimPrefix(r.URL.Path, "/")])
	})
	reads := []string{
		`capture = { x = response.json.token }`,
		`capture = { x = response.json.a.a.a.token }`,
		`capture = { x = css(response.html, "input[name=token]", "value") }`,
		`capture = { x = css(response.html, "div div div > p.b", "value") }`,
		`capture = { x = xpath(response.html, "//div//div//p[@class='b']") }`,
		`capture = { x = regex("(a+)+(x+x+)+token=([0-9]+)", response.body) }`,
		`expect { condition = gjson(response.body, "#(token==1)#.token") != null }`,
	}
	var steps strings.Builder
	var names []string
	for body := range bodies {
		for i := range reads {
			names = append(names, fmt.Sprintf("%s %d", body, i))
		}
	}
	slices.Sort(names)
	for _, name := range names {
		var i int
		body, _, _ := strings.Cut(name, " ")
		fmt.Sscan(name[len(body):], &i)
		fmt.Fprintf(&steps, "get \"/%s\" {\n name = %q\n %s\n}\n", body, name, reads[i])
	}
	steps.WriteString("get \"/fine\" {}\n")
	p := scenario{user: "task \"t\" {\n" + steps.String() + "}\n", profile: "users = 2\n iterations = 2\n"}.play(t, s.URL)
	for _, name := range names {
		p.all(t, "GET "+name, 2, plan.OK, plan.FailCapture, plan.FailExpect, plan.FailExpression)
	}
	p.all(t, "GET /fine", 2, plan.OK)
	p.judged(t, sla.Fail)
	p.checkMemory(t)
	if want := int64(2 * (len(names) + 1)); n.Load() != want {
		t.Errorf("the server saw %d requests of %d", n.Load(), want)
	}
}
