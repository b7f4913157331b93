package scenarios_test

import (
	"fmt"
	"mime"
	"mime/multipart"
	"net/http"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// A token is good for five requests: 23 rounds take four refreshes of each
// user, and nobody is ever refused.
func checkLoginRefresh(t *testing.T, m *meal) {
	reads, refreshes := m.all("GET", "/me"), m.all("POST", "/auth/refresh")
	equal(t, "reads", len(reads), 5*23)
	equal(t, "logins", len(m.all("POST", "/auth/login")), 5)
	equal(t, "refreshes", len(refreshes), 5*4)
	equal(t, "reads refused", len(having(reads, answered(http.StatusUnauthorized))), 0)
	equal(t, "refreshes with another token", distinct(refreshes, func(e *exchange) string { return string(e.body) }), 5*4)
	equal(t, "access tokens", distinct(reads, func(e *exchange) string { return e.header.Get("Authorization") }), 5*5)
	for _, e := range refreshes {
		if spent := e.header.Get("Authorization"); spent != "" {
			t.Errorf("a refresh brought the access token along: %q", spent)
		}
	}
}

type made struct {
	ID   string `json:"id"`
	Cart string `json:"cart"`
}

func checkCheckout(t *testing.T, m *meal) {
	orders, payments := m.all("POST", "/orders"), m.all("POST", "/orders/*/payment")
	paid, refused := having(payments, answered(http.StatusCreated)), having(payments, answered(http.StatusPaymentRequired))
	equal(t, "payments", len(payments), len(orders))
	equal(t, "paid or refused", len(paid)+len(refused), len(payments))
	equal(t, "pay, refused", m.row(t, "POST pay, refused"), len(refused))
	equal(t, "group checkout", m.row(t, "checkout"), len(orders))
	equal(t, "idempotency keys", distinct(orders, func(e *exchange) string { return e.header.Get("Idempotency-Key") }), len(orders))
	// One in ten of 96: 4.5 standard deviations about 9.6 end below 23.
	if len(orders) < 90 || len(refused) < 1 || len(refused) > 23 {
		t.Errorf("%d of %d cards were refused", len(refused), len(orders))
	}
	placed := map[string]bool{}
	for _, e := range orders {
		placed["/orders/"+said[made](t, e).ID+"/payment"] = true
	}
	for _, e := range payments {
		if !placed[e.path] {
			t.Errorf("%s: there is no such order", e.path)
		}
	}
	lines := map[string][]string{}
	for _, e := range m.all("POST", "/carts/*/lines") {
		line := sent[struct{ Product string }](t, e)
		if slices.Contains(lines[e.path], line.Product) {
			t.Errorf("%s: %s was chosen twice", e.path, line.Product)
		}
		lines[e.path] = append(lines[e.path], line.Product)
	}
	equal(t, "carts with lines", len(lines), len(orders))
	for cart, products := range lines {
		if len(products) > 3 {
			t.Errorf("%s got %d lines", cart, len(products))
		}
	}
}

// The first answer to each order is lost on its way. The shopper asks again
// with the same key, and nothing is ordered twice.
func TestCheckoutAsksAgain(t *testing.T) {
	t.Parallel()
	r := recipe{users: 3, rounds: 10}
	m := r.prepare(t, "cookbook/checkout")
	m.service = example(t, m.plan)
	lost := map[string]bool{}
	m.alter = func(e *exchange) {
		if key := e.header.Get("Idempotency-Key"); key != "" && !lost[key] {
			lost[key] = true
			e.status, e.answer = http.StatusServiceUnavailable, nil
		}
	}
	m.serve(t)
	orders := m.all("POST", "/orders")
	equal(t, "attempts", len(orders), 2*len(lost))
	second := having(orders, answered(http.StatusCreated))
	equal(t, "orders answered", len(second), len(lost))
	equal(t, "orders", distinct(second, func(e *exchange) string { return said[made](t, e).ID }), len(lost))
	equal(t, "carts", distinct(second, func(e *exchange) string { return said[made](t, e).Cart }), len(lost))
	equal(t, "payments", len(m.all("POST", "/orders/*/payment")), len(lost))
	if b := m.out.Conditions.Books; len(lost) == 0 || b.Failed != int64(len(lost)) || b.Balance() != 0 {
		t.Errorf("%d orders, books %+v", len(lost), b)
	}
}

// A shopper whose order fails for good does not pay an earlier one again.
func TestCheckoutPaysWhatItOrdered(t *testing.T) {
	t.Parallel()
	r := recipe{users: 3, rounds: 20}
	m := r.prepare(t, "cookbook/checkout")
	m.service = example(t, m.plan, "errors:POST /orders:70%:status=503")
	m.serve(t)
	orders, payments := m.all("POST", "/orders"), m.all("POST", "/orders/*/payment")
	made := having(orders, answered(http.StatusCreated))
	equal(t, "payments", len(payments), len(made))
	equal(t, "payments refused as paid already", len(having(payments, answered(http.StatusConflict))), 0)
	if failed := len(orders) - len(made); failed == 0 || len(made) == 0 {
		t.Errorf("of %d orders %d failed", len(orders), failed)
	}
}

func checkSearch(t *testing.T, m *meal) {
	limits := map[string]string{"lamp": "10", "desk": "5", "chair": "5", "oak": "3", "blue, dark": "2"}
	searches := m.all("GET", "/search")
	equal(t, "searches", len(searches), 2*30)
	equal(t, "server_time", m.row(t, "server_time"), len(searches))
	words := map[string]int{}
	for _, e := range searches {
		word := e.query.Get("q")
		words[word]++
		if limits[word] == "" || e.query.Get("limit") != limits[word] || !slices.Equal(e.query["field"], []string{"name", "category"}) {
			t.Errorf("searched by %v", e.query)
		}
	}
	for word := range limits { // shuffled rows come round: each word as often as the others
		equal(t, "searches for "+word, words[word], len(searches)/len(limits))
	}
	inOrder := 0
	for conn, list := range m.connections() {
		var hits, asked []string
		for _, e := range list {
			if e.path == "/search" {
				hits, asked = hits[:0], append(asked, e.query.Get("q"))
				for _, hit := range said[struct{ Hits []struct{ ID string } }](t, e).Hits {
					hits = append(hits, hit.ID)
				}
			} else if id := strings.TrimPrefix(e.path, "/products/"); !slices.Contains(hits, id) {
				t.Errorf("%s opened %s; found were %q", conn, id, hits)
			}
		}
		if slices.Equal(asked[:min(5, len(asked))], []string{"lamp", "desk", "chair", "oak", "blue, dark"}) {
			inOrder++
		}
	}
	if inOrder > 1 { // one user's shuffle may be the file's order by chance
		t.Error("the words are not shuffled")
	}
}

func checkTenants(t *testing.T, m *meal) {
	users := map[string]int64{}
	for i, c := range m.out.Classes {
		users[m.plan.Classes[i].Name] = c.Users
	}
	want := map[string]int64{`tenant["berlin"]`: 3, `tenant["lisbon"]`: 1, `tenant["oslo"]`: 2}
	if fmt.Sprint(users) != fmt.Sprint(want) {
		t.Errorf("users: %v, want %v", users, want)
	}
	equal(t, "SLAs", len(m.plan.SLAs), 3)
	all := slices.Concat(m.all("GET", "/t/*/notes"), m.all("POST", "/t/*/notes"), m.all("GET", "/t/*/notes/*"))
	by := map[string]int{}
	for _, e := range all {
		tenant := strings.Split(e.path, "/")[2]
		by[tenant]++
		if e.header.Get("X-Tenant") != tenant || e.header.Get("X-API-Key") != "tenant-key-"+tenant {
			t.Errorf("%s was asked as %q with %q", e.path, e.header.Get("X-Tenant"), e.header.Get("X-API-Key"))
		}
	}
	for class, n := range want { // every user does 12 tasks: 9 lists, 3 times two requests
		tenant := strings.Split(class, `"`)[1]
		if got := by[tenant]; got < int(n)*13 || got > int(n)*17 {
			t.Errorf("%s: %d requests of %d users", tenant, got, n)
		}
	}
	for _, key := range []string{"tenant-key-berlin", "tenant-key-lisbon", "tenant-key-oslo"} {
		if !slices.Contains(m.plan.Secrets, key) {
			t.Errorf("the key %s is no secret", key)
		}
	}
}

func checkUpload(t *testing.T, m *meal) {
	picture, err := os.ReadFile("cookbook/upload/picture.svg")
	if err != nil {
		t.Fatal(err)
	}
	document, err := os.ReadFile("cookbook/upload/document.txt")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range m.all("POST", "/uploads") {
		_, params, err := mime.ParseMediaType(e.header.Get("Content-Type"))
		if err != nil {
			t.Fatal(err)
		}
		form, err := multipart.NewReader(strings.NewReader(string(e.body)), params["boundary"]).ReadForm(1 << 20)
		if err != nil {
			t.Fatal(err)
		}
		file := form.File["picture"][0]
		if file.Filename != "picture.svg" || file.Size != int64(len(picture)) || !strings.Contains(string(e.body), string(picture)) {
			t.Errorf("the picture is %+v", file)
		}
		if album, tags := form.Value["album"], form.Value["tags"]; len(album) != 1 || !strings.HasPrefix(album[0], "holiday ") || !slices.Equal(tags, []string{"sea", "sun"}) {
			t.Errorf("album %q, tags %q", album, tags)
		}
	}
	documents := 0
	for _, e := range m.all("POST", "/uploads/raw") {
		if string(e.body) == string(document) {
			documents++
			continue
		}
		equal(t, "bytes of a large body", len(e.body), 2<<20)
	}
	equal(t, "documents", documents, m.row(t, "POST document"))
	equal(t, "uploads", len(m.all("POST", "/uploads"))+len(m.all("POST", "/uploads/raw")), 3*12)
}

// Every walk sees all items of its list, in order and once.
func checkPagination(t *testing.T, m *meal) {
	walks := walksOf(t, m)
	for _, kind := range []string{"post-23 in 5", "post-20 in 3", "p-60 in 4"} {
		equal(t, kind+" pages", walks[kind], 3*9/3)
	}
	equal(t, "kinds of walks", len(walks), 3)
}

// walksOf are the walks to the ends of lists by kind, none of which missed an
// item or saw one twice.
func walksOf(t *testing.T, m *meal) map[string]int {
	t.Helper()
	walks := map[string]int{}
	for conn, list := range m.connections() {
		for len(list) > 0 {
			n := 1
			for n < len(list) && (list[n].query.Has("cursor") || list[n].path == "/products" && list[n].query.Get("page") != "1") {
				n++
			}
			walk := list[:n]
			list = list[n:]
			var ids []string
			for _, e := range walk {
				for _, item := range said[struct{ Items []struct{ ID string } }](t, e).Items {
					ids = append(ids, item.ID)
				}
			}
			prefix, total := "p-", 60
			if walk[0].path == "/feed" {
				prefix = "post-"
				total, _ = strconv.Atoi(walk[0].query.Get("total"))
			}
			walks[fmt.Sprint(prefix, total, " in ", n)]++
			for i := range total {
				if len(ids) != total || ids[i] != prefix+strconv.Itoa(i+1) {
					t.Fatalf("%s: a walk to %d items saw %q", conn, total, ids)
				}
			}
		}
	}
	return walks
}

// Each job is asked about until it is done, then no more.
func checkJobs(t *testing.T, m *meal) {
	jobs := m.all("POST", "/jobs")
	equal(t, "jobs", len(jobs), 3*8)
	equal(t, "exports timed", m.row(t, "export, end to end"), len(jobs))
	equal(t, "results", len(having(m.all("GET", "/jobs/*/result"), answered(http.StatusOK))), len(jobs))
	asked := 0
	for _, e := range jobs {
		polls, id := sent[struct{ Polls int }](t, e).Polls, said[made](t, e).ID
		equal(t, "polls of "+id, len(m.all("GET", "/jobs/"+id)), polls)
		equal(t, "results of "+id, len(m.all("GET", "/jobs/"+id+"/result")), 1)
		asked += polls
	}
	if asked < 2*len(jobs)+1 || asked > 5*len(jobs)-1 {
		t.Errorf("%d polls of %d jobs", asked, len(jobs))
	}
}
