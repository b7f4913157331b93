package user

import (
	"crypto/md5"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash"
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/mccutchen/go-httpbin/v2/httpbin"

	"throng/dsl/plan"
	"throng/runtime/record"
	"throng/runtime/transport"
	"throng/runtime/transport/http1"
)

func digestAuth(password string) *plan.Auth {
	return &plan.Auth{Kind: plan.AuthDigest, User: text("Mufasa"), Password: text(password)}
}

// The examples of RFC 7616, section 3.9.
func TestDigestAnswersAsTheRFCDoes(t *testing.T) {
	const realm, uri, cnonce = "http-auth@example.org", "/dir/index.html", "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ"
	for algorithm, want := range map[string]string{
		"MD5":     "8ca523f5e9506fed4657c9700eebdbec",
		"SHA-256": "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1",
	} {
		header := `WWW-Authenticate: Basic realm="x", Digest realm="` + realm + `", qop="auth, auth-int", algorithm=` + algorithm +
			`, nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"` + "\r\n"
		c := readChallenge([]byte(header))
		if c == nil {
			t.Fatalf("%s: no challenge", algorithm)
		}
		c.cnonce = cnonce
		got := string(c.appendAnswer(nil, "Mufasa", "Circle of Life", "GET", uri))
		for _, part := range []string{
			`Digest username="Mufasa", realm="` + realm + `", `, `uri="/dir/index.html"`, `response="` + want + `"`, "algorithm=" + algorithm,
			`opaque="FQhe/`, "qop=auth", "nc=00000001", `cnonce="` + cnonce + `"`,
		} {
			if !strings.Contains(got, part) {
				t.Errorf("%s: %s is not in\n%s", algorithm, part, got)
			}
		}
	}
}

func TestChallenges(t *testing.T) {
	for name, c := range map[string]struct {
		header string
		want   string // algorithm, or "none"
		stale  bool
	}{
		"none":                 {"Content-Type: a\r\n", "none", false},
		"another scheme":       {"WWW-Authenticate: Basic realm=\"a, Digest nonce=\\\"x\\\"\"\r\n", "none", false},
		"bare words":           {"WWW-Authenticate: Negotiate, Digest nonce=abc\r\n", "", false},
		"the first that works": {"WWW-Authenticate: Digest nonce=\"1\", algorithm=SHA-1\r\nwww-authenticate: digest nonce=\"1\", algorithm=sha-256-SESS, stale=TRUE\r\n", "sha-256-SESS", true},
		"integrity only":       {"WWW-Authenticate: Digest nonce=\"1\", qop=\"auth-int\"\r\n", "none", false},
		"no nonce":             {"WWW-Authenticate: Digest realm=\"1\"\r\n", "none", false},
		"cut off":              {"WWW-Authenticate: Digest nonce=\"1\r\n", "none", false},
		"parameters first":     {"WWW-Authenticate: nonce=\"1\", Digest\r\n", "none", false},
		"spaces":               {"WWW-Authenticate: Digest  nonce = \"1\" ,, algorithm = MD5\r\n", "MD5", false},
	} {
		got := readChallenge([]byte(c.header))
		switch {
		case got == nil && c.want != "none":
			t.Errorf("%s: no challenge", name)
		case got != nil && (got.algorithm != c.want || got.stale != c.stale):
			t.Errorf("%s: %+v", name, got)
		}
	}
}

func FuzzChallenges(f *testing.F) {
	f.Add(`Digest realm="a\"b", nonce="1", qop="auth,auth-int", stale=true, Basic x=`)
	f.Fuzz(func(t *testing.T, value string) {
		if strings.ContainsAny(value, "\r\n") {
			t.Skip()
		}
		c := readChallenge([]byte("WWW-Authenticate: " + value + "\r\n"))
		if c == nil {
			return
		}
		got := string(c.appendAnswer(nil, "u", "p", "GET", "/"))
		if strings.ContainsAny(got, "\r\n") {
			t.Fatalf("%q", got)
		}
	})
}

// digestServer asks for a digest and holds it to the letter: each nonce holds
// for so many answers, whose counts must rise by one.
type digestServer struct {
	algorithm string
	make      func() hash.Hash
	uses      int
	quiet     bool // a nonce that is used up is not said to be stale

	mu     sync.Mutex
	nonces int
	count  int
	log    []string
}

func (s *digestServer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	nonce := fmt.Sprintf("n%d", s.nonces)
	given := splitChallenges(r.Header.Get("Authorization"))
	stale := ""
	if len(given) == 1 {
		p := given[0].params
		h := func(s2 string) string {
			h := s.make()
			h.Write([]byte(s2))
			return hex.EncodeToString(h.Sum(nil))
		}
		secret := h("Mufasa:the realm:Circle")
		if strings.HasSuffix(s.algorithm, "-sess") {
			secret = h(secret + ":" + p["nonce"] + ":" + p["cnonce"])
		}
		want := h(secret + ":" + p["nonce"] + ":" + p["nc"] + ":" + p["cnonce"] + ":auth:" + h(r.Method+":"+r.URL.RequestURI()))
		switch {
		case p["response"] != want || p["uri"] != r.URL.RequestURI() || p["opaque"] != "o\"paque":
			s.log = append(s.log, "wrong "+r.URL.Path)
		case p["nonce"] != nonce || s.count >= s.uses:
			if !s.quiet {
				stale = ", stale=true"
			}
			s.log = append(s.log, "old "+r.URL.Path)
		case p["nc"] != fmt.Sprintf("%08x", s.count+1):
			s.log = append(s.log, "replayed "+r.URL.Path)
		default:
			s.count++
			s.log = append(s.log, "ok "+r.Method+" "+r.URL.Path)
			if r.URL.Path == "/redirect" {
				http.Redirect(w, r, "/target", http.StatusFound)
			}
			return
		}
	} else {
		s.log = append(s.log, "asked "+r.URL.Path)
	}
	s.nonces++
	s.count = 0
	w.Header().Set("WWW-Authenticate", fmt.Sprintf(`Digest realm="the realm", qop="auth", nonce="n%d", opaque="o\"paque", algorithm=%s%s`, s.nonces, s.algorithm, stale))
	w.WriteHeader(http.StatusUnauthorized)
}

func TestDigestAgainstAStrictServer(t *testing.T) {
	for _, c := range []struct {
		server   *digestServer
		password string
		paths    []string
		log      string
		fails    []string
	}{
		{&digestServer{algorithm: "MD5", make: md5.New, uses: 9}, "Circle", []string{"/a", "/b", "/c"}, "asked /a, ok POST /a, ok POST /b, ok POST /c", nil},
		{&digestServer{algorithm: "SHA-256-sess", make: sha256.New, uses: 9}, "Circle", []string{"/a", "/b"}, "asked /a, ok POST /a, ok POST /b", nil},
		{&digestServer{algorithm: "SHA-256", make: sha256.New, uses: 1}, "Circle", []string{"/a", "/b"}, "asked /a, ok POST /a, old /b, ok POST /b", nil},
		{&digestServer{algorithm: "MD5", make: md5.New, uses: 1, quiet: true}, "Circle", []string{"/a", "/b"}, "asked /a, ok POST /a, old /b, ok POST /b", nil},
		{&digestServer{algorithm: "MD5", make: md5.New, uses: 0}, "Circle", []string{"/a"}, "asked /a, old /a, old /a", []string{"status: status 401"}},
		{&digestServer{algorithm: "MD5", make: md5.New, uses: 9}, "wrong", []string{"/a"}, "asked /a, wrong /a", []string{"status: status 401"}},
		{&digestServer{algorithm: "MD5", make: md5.New, uses: 9}, "Circle", []string{"/redirect"}, "asked /redirect, ok POST /redirect, ok GET /target", nil},
	} {
		var requests []*plan.Request
		a := digestAuth(c.password)
		for _, path := range c.paths {
			requests = append(requests, &plan.Request{Method: "POST", Path: plan.Literal(path), Auth: a, Body: &plan.Body{Text: plan.Literal("x")}})
		}
		u, snap := against(t, c.server.ServeHTTP, requests...)
		wantErrors(t, snap, c.fails...)
		if got := strings.Join(c.server.log, ", "); got != c.log {
			t.Errorf("%s, %s: the server saw\n%s, want\n%s", c.server.algorithm, c.paths, got, c.log)
		}
		if n := u.Counts.Begun.Load(); n != int64(len(c.paths)) || snap.Total[0].Count() != n {
			t.Errorf("%d requests are %d begun and %d samples", len(c.paths), n, snap.Total[0].Count())
		}
	}
}

// Against a server that nobody here wrote.
func TestAgainstHTTPBin(t *testing.T) {
	bin := httpbin.New()
	json := func(key string) []plan.Expect {
		return []plan.Expect{{Text: key, Condition: plan.Func(func(f *plan.Frame) (plan.Value, error) {
			return plan.BoolValue(strings.Contains(string(f.Response.Body), key)), nil
		})}}
	}
	encoded := func(coding string) *plan.Request {
		return &plan.Request{Path: plan.Literal("/" + coding), ReadsBody: true, Expects: json(`"method": "GET"`),
			Headers: []plan.Pair{{Name: "Accept-Encoding", Value: text(coding)}}}
	}
	_, snap := against(t, bin.Handler().ServeHTTP,
		&plan.Request{Path: plan.Literal("/digest-auth/auth/Mufasa/pw/MD5"), Auth: digestAuth("pw")},
		&plan.Request{Path: plan.Literal("/digest-auth/auth/Mufasa/pw/SHA-256"), Auth: digestAuth("pw")},
		&plan.Request{Path: plan.Literal("/digest-auth/auth/Mufasa/pw"), Auth: digestAuth("not it")},
		encoded("gzip"), encoded("deflate"),
	)
	wantErrors(t, snap, "status: status 401")
}

// To another host nothing is sent that authenticates, whatever its header.
func TestCredentialsStayWithTheirHost(t *testing.T) {
	for name, c := range map[string]*plan.Request{
		"digest": {Auth: digestAuth("Circle")},
		"key":    {Headers: []plan.Pair{{Name: "X-Key", Value: text("k"), Secret: true}, {Name: "X-Plain", Value: text("p")}}},
		"token":  {Auth: &plan.Auth{Kind: plan.AuthOAuth2, Token: &plan.Request{Method: "POST", Path: plan.Literal("/token"), ReadsBody: true, Timeout: time.Minute}}},
	} {
		var away http.Header
		server := &digestServer{algorithm: "MD5", make: md5.New, uses: 9}
		_, snap := against(t, func(w http.ResponseWriter, r *http.Request) {
			switch {
			case r.URL.Path == "/token":
				fmt.Fprint(w, `{"access_token":"t-1","token_type":"bearer"}`)
			case strings.HasPrefix(r.Host, "localhost"):
				away = r.Header.Clone()
				w.Header().Set("WWW-Authenticate", `Digest realm="r", nonce="n", qop="auth"`) // it would like to know
				w.WriteHeader(http.StatusUnauthorized)
			case name == "digest" && r.Header.Get("Authorization") == "":
				server.ServeHTTP(w, r)
			default:
				_, port, _ := net.SplitHostPort(r.Host)
				http.Redirect(w, r, "http://localhost:"+port+"/in", http.StatusFound)
			}
		}, c)
		wantErrors(t, snap, "status: status 401")
		if away == nil || away.Get("Authorization") != "" || away.Get("X-Key") != "" {
			t.Errorf("%s: the other host got %v", name, away)
		}
		if name == "key" && away.Get("X-Plain") != "p" {
			t.Error("what is no secret was left out, too")
		}
	}
}

// issuer gives out tokens and takes them.
type issuer struct {
	life    string // expires_in, as JSON
	refuse  atomic.Int64
	fetched atomic.Int64
	last    atomic.Int64 // the newest token that was given out
	revoked atomic.Int64 // tokens up to this one are not taken
	pause   chan struct{}
}

func (s *issuer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path == "/token" {
		id, secret, _ := r.BasicAuth()
		if r.FormValue("grant_type") != "client_credentials" || id != "load" || secret != "s" {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		if s.pause != nil {
			<-s.pause
		}
		if s.refuse.Load() > 0 {
			s.refuse.Add(-1)
			w.WriteHeader(http.StatusBadRequest)
			fmt.Fprint(w, `{"error":"invalid_client","error_description":"who are you"}`)
			return
		}
		s.fetched.Add(1)
		fmt.Fprintf(w, `{"access_token":"t%d","token_type":"Bearer"%s}`, s.last.Add(1), s.life)
		return
	}
	n, err := strconv.ParseInt(strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer t"), 10, 64)
	if err != nil || n <= s.revoked.Load() || n > s.last.Load() {
		w.WriteHeader(http.StatusUnauthorized)
	}
}

// clients are so many users of a plan of one request that needs a token. The
// second series is that of the requests for one.
func clients(t *testing.T, s http.Handler, n int, perUser bool) ([]*User, *plan.Request, *record.Recorder) {
	t.Helper()
	server := httptest.NewServer(s)
	t.Cleanup(server.Close)
	host, port, _ := net.SplitHostPort(server.Listener.Addr().String())
	number, _ := strconv.Atoi(port)
	token := &plan.Request{
		Method: "POST", Path: plan.Literal("/token"), Series: 1, Timeout: time.Minute, ReadsBody: true,
		Expects: []plan.Expect{{Status: []plan.StatusRange{{Min: 200, Max: 299}}}},
		Headers: []plan.Pair{{Name: "Authorization", Value: text("Basic bG9hZDpz"), Secret: true}},
		Body: &plan.Body{Kind: plan.BodyForm, ContentType: "application/x-www-form-urlencoded",
			Form: []plan.Pair{{Name: "grant_type", Value: text("client_credentials")}}},
	}
	r := &plan.Request{Method: "GET", Path: plan.Literal("/x"), Timeout: time.Minute, Auth: &plan.Auth{Kind: plan.AuthOAuth2, Token: token, PerUser: perUser}}
	p := testPlan(r)
	p.Targets = []plan.Target{{Name: "api", Scheme: "http", Host: host, Port: number}}
	p.Rows = append(p.Rows, plan.Row{Method: "POST", Name: "/token"})
	p.Series = append(p.Series, plan.Series{Row: 1})
	clock := transport.NewClock()
	factory := http1.New(http1.Config{Clock: clock})
	t.Cleanup(factory.Close)
	env := NewEnv(Config{Plan: p, Clock: clock, Factory: factory})
	rec := record.New(record.Config{Series: 2, Rows: []int{0, 1}, Shards: 1})
	var users []*User
	for i := range n {
		u := New(env, ID{Index: int64(i), Ordinal: int64(i)}, rec.Writer(0))
		t.Cleanup(u.close)
		users = append(users, u)
	}
	return users, r, rec
}

// balanced holds both books against each other.
func balanced(t *testing.T, users []*User, s *record.Snapshot) {
	t.Helper()
	var begun, ok, failed int64
	for _, u := range users {
		begun, ok, failed = begun+u.Counts.Begun.Load(), ok+u.Counts.OK.Load(), failed+u.Counts.Failed.Load()
		if u.Counts.InFlight() != 0 {
			t.Error("requests are in flight")
		}
	}
	var good, all int64
	for _, st := range s.Total {
		if st != nil {
			good, all = good+st.OK, all+st.Count()
		}
	}
	if begun != all || ok != good || failed != all-good {
		t.Errorf("users: %d begun, %d ok, %d failed; samples: %d, %d ok", begun, ok, failed, all, good)
	}
}

func TestOneTokenForTheRun(t *testing.T) {
	for _, perUser := range []bool{false, true} {
		s := &issuer{life: `,"expires_in":3600`}
		users, r, rec := clients(t, s, 20, perUser)
		var all sync.WaitGroup
		for _, u := range users {
			all.Go(func() {
				for range 3 {
					u.request(r)
				}
			})
		}
		all.Wait()
		want := int64(1)
		if perUser {
			want = 20
		}
		snap := rec.Snapshot(time.Second, true)
		wantErrors(t, snap)
		if s.fetched.Load() != want || snap.Total[1].OK != want || snap.Total[0].OK != 60 {
			t.Errorf("per user %v: %d tokens, %d samples of them, %d requests", perUser, s.fetched.Load(), snap.Total[1].OK, snap.Total[0].OK)
		}
		balanced(t, users, snap)
	}
}

// Who waits for a token that does not come fails with the reason, and the next
// request tries again.
func TestNoToken(t *testing.T) {
	s := &issuer{pause: make(chan struct{})}
	s.refuse.Store(1)
	users, r, rec := clients(t, s, 5, false)
	var all sync.WaitGroup
	for _, u := range users {
		all.Go(func() { u.request(r) })
	}
	s.pause <- struct{}{}
	close(s.pause) // whoever came too late to wait is given a token
	all.Wait()
	users[0].request(r)
	snap := rec.Snapshot(time.Second, true)
	const why = "status 400, expected 200 to 299, invalid_client: who are you"
	if snap.Total[1].Count()-snap.Total[1].OK != 1 || snap.Total[0].OK < 1 || s.fetched.Load() != 1 {
		t.Errorf("%d failed fetches, %d requests went through, %d tokens", snap.Total[1].Count()-snap.Total[1].OK, snap.Total[0].OK, s.fetched.Load())
	}
	for _, e := range snap.Errors {
		if e.Detail != why && e.Detail != "no token: POST /token failed: "+why {
			t.Errorf("%s: %s", e.Class, e.Detail)
		}
	}
	balanced(t, users, snap)
}

// A token that the target no longer takes is replaced once; the request that
// found out is a failed sample, marked as retried.
func TestTokenIsRenewedAfter401(t *testing.T) {
	s := &issuer{}
	users, r, rec := clients(t, s, 2, false)
	for _, u := range users {
		u.request(r)
	}
	s.revoked.Store(1)
	for _, u := range users {
		u.request(r)
	}
	snap := rec.Snapshot(time.Second, true)
	wantErrors(t, snap, "status: status 401")
	if s.fetched.Load() != 2 || snap.Total[0].OK != 4 || snap.Total[0].Retried != 1 {
		t.Errorf("%d tokens, %d requests, %d of them retried", s.fetched.Load(), snap.Total[0].OK, snap.Total[0].Retried)
	}
	balanced(t, users, snap)

	s.revoked.Store(1000) // no token is good
	users[0].request(r)
	if snap := rec.Snapshot(2*time.Second, true); snap.Total[0].Count() != 7 || s.fetched.Load() != 3 {
		t.Errorf("%d samples, %d tokens: it was tried more than once more", snap.Total[0].Count(), s.fetched.Load())
	}
}

func TestTokensThatAreNone(t *testing.T) {
	for body, want := range map[string]string{
		"nothing":                 "the answer is no token: it is not a JSON object of the expected form",
		"{}":                      "the answer holds no access_token",
		`{"access_token":"a\nb"}`: "the access_token holds characters that cannot be sent in a header",
		`{"access_token":"a","token_type":"mac"}`:   "the token is of type mac, not Bearer",
		`{"access_token":"a","expires_in":"never"}`: "expires_in is no number of seconds",
	} {
		users, r, rec := clients(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, body) }), 1, false)
		users[0].request(r)
		snap := rec.Snapshot(time.Second, true)
		if len(snap.Errors) != 2 || snap.Total[1].ByClass[plan.FailCapture] != 1 || snap.Total[0].ByClass[plan.FailExpression] != 1 {
			t.Errorf("%s: %+v", body, snap.Errors)
		}
		for _, e := range snap.Errors {
			if !strings.HasSuffix(e.Detail, want) {
				t.Errorf("%s: %s", body, e.Detail)
			}
			if strings.Contains(e.Answer, "access_token\"") {
				t.Errorf("%s: the answer is shown: %s", body, e.Answer)
			}
		}
		balanced(t, users, snap)
	}
}

func TestLifeOfATokens(t *testing.T) {
	for raw, want := range map[string]time.Duration{"": 0, "null": 0, "3600": time.Hour, `"60"`: time.Minute, "0.5": time.Second / 2, "0": 1, "1e300": 10 * 365 * 24 * time.Hour} {
		if got, ok := lifeOf([]byte(raw)); !ok || got != want {
			t.Errorf("%s: %v, %v", raw, got, ok)
		}
	}
	for _, raw := range []string{"-1", `"soon"`, "true"} {
		if _, ok := lifeOf([]byte(raw)); ok {
			t.Errorf("%s is taken", raw)
		}
	}
}

// slow is a client that answers requests for tokens after a while, and refuses
// some of them.
type slow struct {
	clock *transport.Clock
	after time.Duration
	body  func(n int) string // of the nth token; "" refuses it
	n     atomic.Int64
}

func (s *slow) Client() transport.Client { return slowClient{s} }
func (s *slow) Cut()                     {}
func (s *slow) Close()                   {}

type slowClient struct{ *slow }

func (c slowClient) Do(m *transport.Message, r *transport.Result) {
	*r = transport.Result{Status: 200, Proto: "HTTP/1.1", Start: c.clock.Now()}
	if m.Method == "POST" {
		time.Sleep(c.after)
		if r.Body = []byte(c.body(int(c.n.Add(1)))); len(r.Body) == 0 {
			r.Status = 503
		}
		r.BodySize = int64(len(r.Body))
	}
	r.Sent, r.FirstByte, r.End = r.Start, c.clock.Now(), c.clock.Now()
}

// A token is renewed before its end, by one user, while the others go on with
// the one they have; if that fails, so does nothing else while it holds.
func TestTokenIsRenewedInTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		token := &plan.Request{Method: "POST", Path: plan.Literal("/t"), Series: 1, Timeout: time.Minute, ReadsBody: true}
		r := &plan.Request{Method: "GET", Path: plan.Literal("/x"), Timeout: time.Minute, Auth: &plan.Auth{Kind: plan.AuthOAuth2, Token: token}}
		p := testPlan(r)
		p.Rows, p.Series = append(p.Rows, plan.Row{Method: "POST", Name: "/t"}), append(p.Series, plan.Series{Row: 1})
		clock := transport.NewClock()
		s := &slow{clock: clock, after: 2 * time.Second, body: func(n int) string {
			if n == 2 {
				return ""
			}
			return fmt.Sprintf(`{"access_token":"t%d","expires_in":100}`, n)
		}}
		env := NewEnv(Config{Plan: p, Clock: clock, Factory: s})
		rec := record.New(record.Config{Series: 2, Rows: []int{0, 1}, Shards: 1})
		one, two := New(env, ID{}, rec.Writer(0)), New(env, ID{Index: 1, Ordinal: 1}, rec.Writer(0))
		at := func(d time.Duration) { time.Sleep(d - time.Duration(clock.Now())) }
		first := sync.WaitGroup{}
		first.Go(func() { one.request(r) })
		synctest.Wait()
		two.request(r) // waits for the same token
		first.Wait()
		if s.n.Load() != 1 || two.sample.Start != int64(2*time.Second) {
			t.Errorf("%d fetches, the second user's request began at %v", s.n.Load(), time.Duration(two.sample.Start))
		}
		at(91 * time.Second)
		one.request(r)
		if s.n.Load() != 1 {
			t.Error("it was renewed too early")
		}
		at(93 * time.Second) // 90 s after it was given: renewal fails, and the old one goes on
		first.Go(func() { one.request(r) })
		synctest.Wait()
		two.request(r)
		if two.sample.Start != int64(93*time.Second) {
			t.Errorf("the second user waited until %v", time.Duration(two.sample.Start))
		}
		first.Wait()
		two.request(r) // within the second of patience
		if s.n.Load() != 2 || one.bearer != "t1" || two.bearer != "t1" {
			t.Errorf("%d fetches, tokens %s and %s", s.n.Load(), one.bearer, two.bearer)
		}
		at(97 * time.Second)
		two.request(r)
		if s.n.Load() != 3 || two.bearer != "t3" {
			t.Errorf("%d fetches, token %s", s.n.Load(), two.bearer)
		}
		snap := rec.Snapshot(time.Second, true)
		if snap.Total[0].OK != snap.Total[0].Count() || snap.Total[1].Count() != 3 || snap.Total[1].OK != 2 {
			t.Errorf("%+v", snap.Errors)
		}
		balanced(t, []*User{one, two}, snap)
	})
}

// Nobody waits for a token longer than it may take, or than the run.
func TestWaitingForATokenEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		token := &plan.Request{Method: "POST", Path: plan.Literal("/t"), Series: 1, Timeout: 10 * time.Second, ReadsBody: true}
		r := &plan.Request{Method: "GET", Path: plan.Literal("/x"), Timeout: time.Minute, Auth: &plan.Auth{Kind: plan.AuthOAuth2, Token: token}}
		p := testPlan(r)
		p.Rows, p.Series = append(p.Rows, plan.Row{Method: "POST", Name: "/t"}), append(p.Series, plan.Series{Row: 1})
		clock := transport.NewClock()
		s := &slow{clock: clock, after: time.Minute, body: func(int) string { return "{}" }} // it does not keep the timeout
		env := NewEnv(Config{Plan: p, Clock: clock, Factory: s})
		rec := record.New(record.Config{Series: 2, Rows: []int{0, 1}, Shards: 1})
		one, two := New(env, ID{}, rec.Writer(0)), New(env, ID{Index: 1, Ordinal: 1}, rec.Writer(0))
		first := sync.WaitGroup{}
		first.Go(func() { one.request(r) })
		synctest.Wait()
		two.request(r)
		if at := time.Duration(clock.Now()); at != 10*time.Second || two.Counts.Failed.Load() != 1 {
			t.Errorf("it gave up at %v", at)
		}
		cut := sync.WaitGroup{}
		ended := goOn
		cut.Go(func() { ended = two.request(r) })
		synctest.Wait()
		env.Cut()
		cut.Wait()
		if at := time.Duration(clock.Now()); ended != endCut || at != 10*time.Second || two.Counts.Begun.Load() != 1 {
			t.Errorf("flow %d at %v, %d begun", ended, at, two.Counts.Begun.Load())
		}
		first.Wait()
	})
}
