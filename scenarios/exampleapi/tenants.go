package exampleapi

import (
	"crypto/subtle"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
)

// A tenant has an API key, and notes that nobody else sees.
type tenant struct {
	name string
	key  string

	mu    sync.Mutex
	made  int
	notes []note // oldest first, at most keptNotes; never changed in place
}

type note struct {
	ID     string `json:"id"`
	Tenant string `json:"tenant"`
	Text   string `json:"text"`
}

type noteInput struct {
	Text string `json:"text"`
}

const keptNotes = 2_000

var tenantNames = []string{"berlin", "lisbon", "oslo"}

func newTenants() map[string]*tenant {
	all := map[string]*tenant{}
	for _, name := range tenantNames {
		t := &tenant{name: name, key: "tenant-key-" + name}
		for i := range 5 {
			t.add(fmt.Sprintf("note %d of %s", i+1, name))
		}
		all[name] = t
	}
	return all
}

func (t *tenant) add(text string) note {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.made++
	n := note{fmt.Sprintf("note-%d", t.made), t.name, text}
	t.notes = append(t.notes, n)
	if len(t.notes) > keptNotes {
		t.notes = t.notes[1:] // append copies what is left when the array is full
	}
	return n
}

func (t *tenant) all() []note {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.notes
}

type tenantList struct {
	Items []string `json:"items"`
}

func (k *cookbook) tenantRoutes() []route {
	const base = "/t/:tenant/notes"
	g := k.tenantGuard()
	also, headers := []int{403}, []string{"X-Tenant"}
	return []route{
		{method: "GET", pattern: "/tenants", summary: "The names of the tenants; the key of each is tenant-key-NAME", out: tenantList{},
			serve: func(*call) (reply, error) { return asJSON(http.StatusOK, tenantList{tenantNames}), nil }},
		{method: "GET", pattern: base, summary: "List the notes of a tenant", guard: g, headers: headers, also: also,
			query: sheetQuery, out: sheet[note]{}, serve: k.listNotes},
		{method: "POST", pattern: base, summary: "Make a note of a tenant", guard: g, headers: headers, also: also,
			in: noteInput{}, out: note{}, status: 201, serve: k.makeNote},
		{method: "GET", pattern: base + "/:id", summary: "One note of a tenant", guard: g, headers: headers, also: also,
			out: note{}, serve: k.oneNote},
	}
}

// tenantGuard wants the key of the tenant in the path, and the tenant's name in
// X-Tenant.
func (k *cookbook) tenantGuard() *guard {
	scheme := map[string]any{"type": "apiKey", "in": "header", "name": "X-API-Key"}
	return &guard{"tenantKey", "X-API-Key of the tenant, and X-Tenant", scheme, func(c *call) error {
		t := k.tenants[c.param("tenant")]
		key, named := c.r.Header.Get("X-API-Key"), c.r.Header.Get("X-Tenant")
		switch {
		case t == nil:
			return missing("tenant", c.param("tenant"))
		case !slices.ContainsFunc(tenantNames, func(name string) bool { return sameSecret(key, k.tenants[name].key) }):
			f := unauthorized("X-API-Key must be the key of the tenant")
			f.header = []string{"WWW-Authenticate", `ApiKey realm="cookbook"`}
			return f
		case !sameSecret(key, t.key):
			return forbidden("this is the key of another tenant")
		case named == "":
			return badRequest("the header X-Tenant is missing")
		case named != t.name:
			return forbidden("X-Tenant says %q, the path %q", named, t.name)
		}
		return nil
	}}
}

func sameSecret(a, b string) bool { return subtle.ConstantTimeCompare([]byte(a), []byte(b)) == 1 }

func (k *cookbook) listNotes(c *call) (reply, error) {
	return asJSON(http.StatusOK, sheetOf(c, k.tenants[c.param("tenant")].all())), nil
}

func (k *cookbook) makeNote(c *call) (reply, error) {
	var in noteInput
	if err := c.object(&in); err != nil {
		return reply{}, err
	}
	if strings.TrimSpace(in.Text) == "" || len(in.Text) > 500 {
		return reply{}, invalid("text must have 1 to 500 characters")
	}
	n := k.tenants[c.param("tenant")].add(in.Text)
	return created("/t/"+n.Tenant+"/notes/"+n.ID, asJSON(0, n).body), nil
}

func (k *cookbook) oneNote(c *call) (reply, error) {
	notes := k.tenants[c.param("tenant")].all()
	i := slices.IndexFunc(notes, func(n note) bool { return n.ID == c.param("id") })
	if i < 0 {
		return reply{}, missing("note", c.param("id"))
	}
	return asJSON(http.StatusOK, notes[i]), nil
}
