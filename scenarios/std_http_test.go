package scenarios_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"throng/dsl"
)

// exampleOf is the directory of a library's example.
func exampleOf(library string) string { return "../stdlib/std/" + library + "/examples/basic" }

// served runs a scenario of the library's users against its example API.
func served(t *testing.T, dir string, r recipe, fault string, alter func(*exchange)) *meal {
	t.Helper()
	m := r.prepare(t, dir)
	var faults []string
	if fault != "" {
		faults = []string{fault}
	}
	m.service, m.alter = example(t, m.plan, faults...), alter
	m.serve(t)
	return m
}

// ended is how the tasks of one name ended.
func (m *meal) ended(t *testing.T, class, task string) (completed, failed int) {
	t.Helper()
	for i, c := range m.out.Classes {
		for k, n := range c.Tasks {
			if m.plan.Classes[i].Name == class && m.plan.Classes[i].Tasks[k].Name == task {
				return int(n.Completed), int(n.Failed + n.Abandoned)
			}
		}
	}
	t.Fatalf("the plan has no task %q of %q", task, class)
	return 0, 0
}

// told are the details of all failures.
func (m *meal) told() (list []string) {
	for _, g := range m.out.Final.Errors {
		list = append(list, g.Detail)
	}
	return list
}

func (m *meal) tells(t *testing.T, text string) {
	t.Helper()
	if list := m.told(); !slices.ContainsFunc(list, func(s string) bool { return strings.Contains(s, text) }) {
		t.Errorf("the failures tell %q, want %q in one", list, text)
	}
}

// Each user of the example, two of each, does each of its tasks.
func TestStdHTTP(t *testing.T) {
	t.Parallel()
	const users, rounds = 2, 6
	m := served(t, exampleOf("http"), recipe{users: 5 * users, rounds: rounds}, "", nil)
	sound(t, m.plan, m.out)
	equal(t, "probes", len(m.all("GET", "/health")), users*rounds)

	assets := m.all("GET", "/site/assets/*")
	equal(t, "pages", len(m.all("GET", "/site/index.html")), users*rounds)
	equal(t, "assets", len(assets), 12*users*rounds)
	equal(t, "kinds of assets", distinct(assets, func(e *exchange) string { return e.path }), 12)
	equal(t, "page loads timed", m.row(t, "page load"), users*rounds)

	crawls := 0
	for _, list := range m.connections() {
		if list[0].path != "/shop" {
			continue
		}
		for crawl := range slices.Chunk(list, 12) {
			crawls++
			equal(t, "pages of a crawl", distinct(crawl, func(e *exchange) string { return e.path + "?" + e.query.Encode() }), 12)
			if crawl[0].path != "/shop" {
				t.Errorf("a crawl began at %s", crawl[0].path)
			}
		}
	}
	equal(t, "crawls", crawls, users*rounds)
	equal(t, "pages crawled", m.row(t, "GET shop page"), 12*users*rounds)

	all := 0
	for kind, n := range walksOf(t, &meal{witness: &witness{seen: m.walks()}}) {
		if !slices.Contains([]string{"post-23 in 5", "post-20 in 3", "p-60 in 4"}, kind) {
			t.Errorf("a walk to %s", kind)
		}
		all += n
	}
	equal(t, "walks", all, users*rounds)

	jobs := m.all("POST", "/jobs")
	equal(t, "jobs", len(jobs), users*rounds)
	equal(t, "results", len(having(m.all("GET", "/jobs/*/result"), answered(http.StatusOK))), len(jobs))
	polls := 0
	for _, e := range jobs {
		polls += sent[struct{ Polls int }](t, e).Polls
	}
	equal(t, "polls", m.row(t, "GET poll"), polls)
}

// walks are the requests for pages of lists.
func (m *meal) walks() (list []*exchange) {
	return slices.Concat(m.all("GET", "/feed"), m.all("GET", "/products"))
}

// What goes wrong ends as the tasks' descriptions say.
func TestStdHTTPFails(t *testing.T) {
	only := func(t *testing.T, task, with string) string {
		return scenario(t, `
module "http" {
  source     = "std/http"
  most_polls = 5
  most_pages = 4
}
target "api" { base_url = "example://cookbook" }
user "u" {
  task "t" {
    call "it" {
      use  = module.http.task.`+task+`
      with = { `+with+` }
    }
    get "/cheap" { name = "afterwards" }
  }
}
profile "smoke" {
  users    = 1
  duration = "10s"
}
sla "all" { error_rate = "0%" }
`)
	}
	jobs := `url = "/jobs", every = "10ms"`
	always := func(text string) func(*exchange) {
		return func(e *exchange) {
			if e.path != "/cheap" {
				e.status, e.answer = http.StatusOK, []byte(text)
				e.reply.Set("Content-Type", "application/json")
			}
		}
	}
	cases := []struct {
		name, task, with string
		fault            string
		alter            func(*exchange)
		path             string // of what is counted
		requests         int    // by one task
		fails            bool   // the task
		tells            string // a failed request; "" where none fails
	}{
		{name: "a poll that never ends", task: "poll", with: jobs, alter: always(`{"state":"running"}`), path: "/jobs", requests: 5, fails: true},
		{name: "a poll that fails", task: "poll", with: jobs, alter: always(`{"state":"failed"}`), path: "/jobs", requests: 1, fails: true, tells: "/jobs says that it is failed"},
		{name: "a poll of something else", task: "poll", with: jobs, alter: always(`{"status":"done"}`), path: "/jobs", requests: 1, fails: true, tells: "poll_state"},
		{name: "a poll of a number", task: "poll", with: jobs + `, field = "code", done = ["7"]`, alter: always(`{"code":7}`), path: "/jobs", requests: 1},
		{name: "no next link", task: "walk_links", with: `url = "/feed"`, alter: without("Link"), path: "/feed", requests: 1},
		{name: "a next link in the answer", task: "walk_links", with: `url = "/feed", field = "links.next"`, alter: always(`{"links":{"next":"/feed?page=2"}}`), path: "/feed", requests: 4, fails: true},
		{name: "a next link on a page", task: "walk_links", with: `url = "/feed"`, alter: always(`<a href="/x">x</a><a rel="next" href="?p=2">more</a>`), path: "/feed", requests: 4, fails: true},
		{name: "a page that fails", task: "walk_links", with: `url = "/feed"`, fault: "errors:GET /feed:100%", path: "/feed", requests: 1, fails: true, tells: "status"},
		{name: "no cursor", task: "walk_cursors", with: `url = "/feed"`, alter: always(`{"items":[],"next":null}`), path: "/feed", requests: 1},
		{name: "an empty cursor", task: "walk_cursors", with: `url = "/feed"`, alter: always(`{"next":""}`), path: "/feed", requests: 1},
		{name: "cursors without an end", task: "walk_cursors", with: `url = "/feed"`, alter: always(`{"next":7}`), path: "/feed", requests: 4, fails: true},
		{name: "an empty list", task: "walk_numbers", with: `url = "/products"`, alter: always(`{"items":[]}`), path: "/products", requests: 1},
		{name: "a list by itself", task: "walk_numbers", with: `url = "/products", field = ""`, alter: always(`[]`), path: "/products", requests: 1},
		{name: "no list", task: "walk_numbers", with: `url = "/products"`, alter: always(`{}`), path: "/products", requests: 1, fails: true, tells: "walk_items"},
		{name: "a document that fails", task: "page_load", with: `url = "/site/index.html"`, fault: "errors:GET /site/index.html:100%", path: "/site/*", requests: 1, fails: true, tells: "status"},
		{name: "assets of other sites", task: "page_load", with: `url = "/site/index.html"`, path: "/site/*", requests: 2,
			alter: always(`<img src="https://elsewhere.example/a.png"><img src="//elsewhere.example/b.png"><img src="data:image/png;base64,AAAA"><img src="../site/index.html">`)},
		{name: "pages that fail", task: "crawl", with: `url = "/shop", pages = 6`, fault: "errors:GET /shop/products/:id:100%", path: "/shop/products/*", requests: 3, tells: "status"},
		{name: "no links", task: "crawl", with: `url = "/shop"`, alter: always(`<p>nothing</p>`), path: "/shop", requests: 1},
		{name: "links out of the site", task: "crawl", with: `url = "/shop"`, path: "/*", requests: 5, // both pages, with and without page=2, and what comes afterwards
			alter: always(`<a href="https://elsewhere.example/">a</a><a href="mailto:a@b.example">b</a><a href="#top">c</a><a href="/shop#top">d</a>
				<a href="?page=2">e</a><a href=" ./shop-2 ">f</a><a href="javascript:void(0)">g</a><a href="">h</a>`)},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			m := served(t, only(t, c.task, c.with), recipe{users: 1, rounds: 1}, c.fault, c.alter)
			equal(t, "requests", len(m.all("GET", c.path)), c.requests)
			completed, failed := m.ended(t, "u", "t")
			if c.fails {
				completed, failed = failed, completed
			}
			if completed != 1 || failed != 0 {
				t.Errorf("the task failed: %v, want %v", !c.fails, c.fails)
			}
			equal(t, "what comes afterwards", len(m.all("GET", "/cheap")), map[bool]int{false: 1}[c.fails])
			if c.tells != "" {
				m.tells(t, c.tells)
			} else if n := m.out.Conditions.Books.Failed; n != 0 {
				t.Errorf("%d requests failed: %q", n, m.told())
			}
		})
	}
}

func without(header string) func(*exchange) {
	return func(e *exchange) { e.reply.Del(header) }
}

// A health checker asks the probes in their shares.
func TestStdHealthChecker(t *testing.T) {
	t.Parallel()
	users := 8
	p := compile(t, "autoarr", dsl.Options{Profile: "smoke", Users: &users, Seed: 7})
	for i := range p.Classes {
		if c := &p.Classes[i]; c.Name == "health_check" {
			var got []string
			for _, task := range c.Tasks {
				got = append(got, task.Name)
			}
			if want := []string{"GET /health", "GET /health/ready", "GET /health/live"}; !slices.Equal(got, want) {
				t.Errorf("it asks for %q, want %q", got, want)
			}
			return
		}
	}
	t.Error("nobody checks health")
}
