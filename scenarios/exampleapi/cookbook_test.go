package exampleapi

import (
	"fmt"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"
)

// cook starts the cookbook.
func cook(t *testing.T) *api { return start(t, "cookbook", Options{}) }

// browser is cook for a client that keeps cookies and follows no redirects.
func browser(t *testing.T, o Options) *api {
	t.Helper()
	a := start(t, "cookbook", o)
	a.forget()
	a.client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return a
}

// forget gives the client an empty jar.
func (a *api) forget() {
	a.t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		a.t.Fatal(err)
	}
	a.client.Jar = jar
}

// json is want for a body of JSON.
func (a *api) json(status int, method, path, body string, header ...string) response {
	a.t.Helper()
	return a.want(status, method, path, body, append([]string{"Content-Type", jsonKind}, header...)...)
}

// submit is want for a form: name, value, name, value.
func (a *api) submit(status int, path string, pairs ...string) response {
	a.t.Helper()
	return a.want(status, "POST", path, formOf(pairs...), "Content-Type", formKind)
}

// says checks that an error names itself code.
func (r response) says(code string) {
	r.t.Helper()
	if r.field("error") != code {
		r.t.Errorf("the error is %v, want %s: %s", r.field("error"), code, r.body)
	}
}

func (r response) has(path string, want any) {
	r.t.Helper()
	if got := r.field(path); got != want {
		r.t.Errorf("%s is %v, want %v: %s", path, got, want, r.body)
	}
}

// find returns the first group of pattern in the body.
func (r response) find(pattern string) string {
	r.t.Helper()
	m := regexp.MustCompile(pattern).FindStringSubmatch(r.body)
	if m == nil {
		r.t.Fatalf("nothing matches %s in %s", pattern, r.body)
	}
	return m[1]
}

func formOf(pairs ...string) string {
	values := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		values.Add(pairs[i], pairs[i+1])
	}
	return values.Encode()
}

func TestTokensAndRefresh(t *testing.T) {
	clock := newClock()
	a := start(t, "cookbook", Options{Now: clock.Now})
	a.json(401, "POST", "/auth/login", `{"email":"a@b.c","password":"wrong"}`)
	a.json(422, "POST", "/auth/login", `{"email":"nobody","password":"open-sesame"}`)
	a.json(422, "POST", "/auth/login?ttl=0", `{"email":"a@b.c","password":"open-sesame"}`)
	pair := a.json(200, "POST", "/auth/login?ttl=10&uses=2", `{"email":"ada@example.com","password":"open-sesame"}`)
	pair.has("expires_in", 10.0)
	pair.has("token_type", "bearer")
	bearer := "Bearer " + pair.field("access_token").(string)
	for left := range 2 {
		r := a.want(200, "GET", "/me", "", "Authorization", bearer)
		r.has("email", "ada@example.com")
		r.has("uses_left", float64(1-left))
	}
	used := a.want(401, "GET", "/me", "", "Authorization", bearer)
	used.says("invalid_token")
	if got := used.header.Get("WWW-Authenticate"); !strings.Contains(got, `error="invalid_token"`) || !strings.Contains(got, "expired") {
		t.Errorf("WWW-Authenticate is %q", got)
	}

	again := `{"refresh_token":"` + pair.field("refresh_token").(string) + `"}`
	fresh := a.json(200, "POST", "/auth/refresh", again)
	fresh.has("expires_in", 10.0)
	a.json(401, "POST", "/auth/refresh", again).says("invalid_token")
	a.json(401, "POST", "/auth/refresh", `{"refresh_token":"`+fresh.field("access_token").(string)+`"}`)
	a.json(422, "POST", "/auth/refresh", `{}`)
	bearer = "Bearer " + fresh.field("access_token").(string)
	clock.advance(10*time.Second - 1)
	a.want(200, "GET", "/me", "", "Authorization", bearer)
	clock.advance(1)
	a.want(401, "GET", "/me", "", "Authorization", bearer)

	endless := a.json(200, "POST", "/auth/login", `{"email":"ada@example.com","password":"open-sesame"}`)
	endless.has("expires_in", 60.0)
	for range 5 {
		a.want(200, "GET", "/me", "", "Authorization", "Bearer "+endless.field("access_token").(string)).has("uses_left", nil)
	}
}

// A token for n uses serves n requests, however many come at once.
func TestUsesAreCountedOnce(t *testing.T) {
	a := cook(t)
	const uses = 20
	pair := a.json(200, "POST", fmt.Sprintf("/auth/login?uses=%d", uses), `{"email":"a@b.c","password":"open-sesame"}`)
	statuses := make([]int, 2*uses)
	var wg sync.WaitGroup
	for i := range statuses {
		wg.Go(func() {
			r, err := a.send("GET", "/me", "", "Authorization", "Bearer "+pair.field("access_token").(string))
			if err != nil {
				t.Error(err)
			}
			statuses[i] = r.status
		})
	}
	wg.Wait()
	counts := map[int]int{}
	for _, s := range statuses {
		counts[s]++
	}
	if counts[200] != uses || counts[401] != uses {
		t.Errorf("statuses: %v", counts)
	}
}

func TestProducts(t *testing.T) {
	a := cook(t)
	r := a.want(200, "GET", "/products?page=2&size=25", "")
	r.has("total", 60.0)
	r.has("pages", 3.0)
	if items := r.field("items").([]any); len(items) != 25 || items[0].(map[string]any)["id"] != "p-26" {
		t.Errorf("got %s", r.body)
	}
	if items := a.want(200, "GET", "/products?page=9", "").field("items").([]any); len(items) != 0 {
		t.Errorf("a page behind the last has %d items", len(items))
	}
	a.want(200, "GET", "/products/p-60", "").has("id", "p-60")
	x := a.want(200, "GET", "/products.xml?size=2", "")
	if !strings.HasPrefix(x.header.Get("Content-Type"), "application/xml") || x.find(`<product id="(p-2)">`) != "p-2" || x.find(`total="(\d+)"`) != "60" {
		t.Errorf("got %s", x.body)
	}
}

func TestSearch(t *testing.T) {
	a := cook(t)
	r := a.want(200, "GET", "/search?q=tea&field=name&field=description&limit=4", "")
	hits := r.field("hits").([]any)
	if best := hits[0].(map[string]any); len(hits) != 4 || best["score"] != 2.0 || best["name"] != "Blue Teapot" {
		t.Errorf("got %s", r.body)
	}
	// By name only teapots; by description kettles, mugs and teapots, of six looks each.
	a.want(200, "GET", "/search?q=tea", "").has("total", 6.0)
	r.has("total", 18.0)
	if fields := r.field("fields").([]any); len(fields) != 2 || fields[1] != "description" {
		t.Errorf("fields are %v", fields)
	}
	if _, ok := r.field("took").(float64); !ok {
		t.Errorf("took is not a number: %s", r.body)
	}
	none := a.want(200, "GET", "/search?q=zebra", "")
	if hits := none.field("hits").([]any); len(hits) != 0 {
		t.Errorf("got %s", none.body)
	}
}

func TestTenantsAreApart(t *testing.T) {
	a := cook(t)
	of := func(name string) []string { return []string{"X-Tenant", name, "X-API-Key", "tenant-key-" + name} }
	a.want(200, "GET", "/tenants", "")
	a.want(404, "GET", "/t/paris/notes", "", of("paris")...)
	a.want(403, "GET", "/t/oslo/notes", "", of("berlin")...)
	a.want(403, "GET", "/t/oslo/notes", "", "X-Tenant", "berlin", "X-API-Key", "tenant-key-oslo")
	a.want(403, "GET", "/t/oslo/notes", "", "X-Tenant", "oslo", "X-API-Key", "tenant-key-berlin")
	a.want(400, "GET", "/t/oslo/notes", "", "X-API-Key", "tenant-key-oslo")
	a.want(401, "GET", "/t/oslo/notes", "", "X-Tenant", "oslo")
	a.want(401, "GET", "/t/oslo/notes", "", "X-Tenant", "oslo", "X-API-Key", "tenant-key-paris")

	a.json(422, "POST", "/t/oslo/notes", `{"text":" "}`, of("oslo")...)
	made := a.json(201, "POST", "/t/oslo/notes", `{"text":"fjord"}`, of("oslo")...)
	made.has("tenant", "oslo")
	where := made.header.Get("Location")
	if got := a.want(200, "GET", where, "", of("oslo")...); got.body != made.body {
		t.Errorf("got %s, want %s", got.body, made.body)
	}
	a.want(200, "GET", "/t/oslo/notes?size=100", "", of("oslo")...).has("total", 6.0)
	a.want(200, "GET", "/t/berlin/notes", "", of("berlin")...).has("total", 5.0)
	a.want(404, "GET", strings.Replace(where, "oslo", "berlin", 1), "", of("berlin")...)
}

func TestATenantForgetsTheOldestNotes(t *testing.T) {
	all := newTenants()
	oslo := all["oslo"]
	for i := range 3 * keptNotes {
		oslo.add(fmt.Sprint(i))
	}
	notes := oslo.all()
	if len(notes) != keptNotes || notes[keptNotes-1].Text != fmt.Sprint(3*keptNotes-1) || cap(notes) > 3*keptNotes {
		t.Errorf("%d notes (room for %d), the last is %+v", len(notes), cap(notes), notes[len(notes)-1])
	}
	if got := len(all["berlin"].all()); got != 5 {
		t.Errorf("another tenant has %d notes", got)
	}
}

func TestAFeedEnds(t *testing.T) {
	a := cook(t)
	link := regexp.MustCompile(`^<(` + regexp.QuoteMeta(a.base) + `/feed\?cursor=[^>]+)>; rel="next"$`)
	path, seen := "/feed?size=10&total=23", map[any]bool{}
	for pages := 1; ; pages++ {
		r := a.want(200, "GET", path, "")
		for _, item := range r.field("items").([]any) {
			seen[item.(map[string]any)["id"]] = true
		}
		next, _ := r.field("next").(string)
		m := link.FindStringSubmatch(r.header.Get("Link"))
		if next == "" {
			if m != nil || r.header.Get("Link") != "" || pages != 3 {
				t.Errorf("page %d is the last; Link is %q", pages, r.header.Get("Link"))
			}
			break
		}
		if m == nil || !strings.HasSuffix(m[1], next) {
			t.Fatalf("Link is %q, next %q", r.header.Get("Link"), next)
		}
		path = strings.TrimPrefix(m[1], a.base)
	}
	if len(seen) != 23 {
		t.Errorf("saw %d items", len(seen))
	}
	empty := a.want(200, "GET", "/feed?total=0", "")
	if empty.field("next") != nil || len(empty.field("items").([]any)) != 0 {
		t.Errorf("got %s", empty.body)
	}
	if items := a.want(200, "GET", "/feed", "").field("items").([]any); len(items) != 5 {
		t.Errorf("a page has %d items", len(items))
	}
	for _, bad := range []string{"/feed?cursor=", "/feed?cursor=10", path + "x", path + "&size=3"} {
		a.want(400, "GET", bad, "")
	}
}

func TestJobs(t *testing.T) {
	a := cook(t)
	made := a.json(202, "POST", "/jobs", `{"polls":4}`)
	where := made.header.Get("Location")
	made.has("state", jobQueued)
	a.want(409, "GET", where+"/result", "").says("not_done")
	for _, want := range []string{jobQueued, jobRunning, jobRunning, jobDone, jobDone} {
		a.want(200, "GET", where, "").has("state", want)
	}
	a.want(200, "GET", where+"/result", "").has("rows", 42.0)

	where = a.json(202, "POST", "/jobs", `{"polls":1,"fail":true}`).header.Get("Location")
	a.want(200, "GET", where, "").has("state", jobFailed)
	a.want(409, "GET", where+"/result", "").says("job_failed")
	where = a.want(202, "POST", "/jobs", "").header.Get("Location")
	for range 3 {
		a.want(200, "GET", where, "")
	}
	a.want(200, "GET", where+"/result", "").has("kind", "export")
	a.want(404, "GET", "/jobs/nobody", "")
	a.want(404, "GET", "/jobs/nobody/result", "")
}

func TestOrgs(t *testing.T) {
	a := cook(t)
	made := a.json(201, "POST", "/orgs", `{"name":"acme","members":12}`)
	members := made.field("members").([]any)
	if len(members) != 12 {
		t.Fatalf("got %s", made.body)
	}
	email := members[11].(map[string]any)["email"].(string)
	a.json(200, "POST", "/auth/login", `{"email":"`+email+`","password":"open-sesame"}`)
	where := made.header.Get("Location")
	if got := a.want(200, "GET", where, ""); got.body != made.body {
		t.Errorf("got %s", got.body)
	}
	a.want(204, "DELETE", where, "")
	a.want(404, "DELETE", where, "")
	a.want(404, "GET", where, "")
	if n := len(a.want(201, "POST", "/orgs", "").field("members").([]any)); n != 3 {
		t.Errorf("%d members", n)
	}
}

func TestWebhooksAreSigned(t *testing.T) {
	a := cook(t)
	const body, signature = `{"event":"paid"}`, "8c4a396bda8e1fe9d1c23972f01ec79ec14e3dae1162c62967ee5a217bd1e3e2"
	a.want(202, "POST", "/webhooks", body, "X-Signature", signature).has("size", float64(len(body)))
	a.want(401, "POST", "/webhooks", body)
	a.want(403, "POST", "/webhooks", body+" ", "X-Signature", signature)
	a.want(403, "POST", "/webhooks", body, "X-Signature", "sha256="+signature)
	a.want(403, "POST", "/webhooks", body, "X-Signature", signature[:62])
	a.want(400, "POST", "/webhooks", "", "X-Signature", signature)
}

func TestCheapAndReport(t *testing.T) {
	a := cook(t)
	a.want(200, "GET", "/cheap", "").has("ok", true)
	a.want(200, "GET", "/report", "").has("rows", 365.0)
	for _, rt := range a.service.table.routes {
		switch median := rt.latency.median; {
		case rt.pattern == "/report" && median != 50*time.Millisecond,
			rt.pattern != "/report" && rt.strict && median > time.Millisecond:
			t.Errorf("%s takes %s", rt.name(), median)
		}
	}
}
