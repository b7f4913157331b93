package changes

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"throng/dsl"
	"throng/dsl/plan"
	"throng/runtime/report/text"
)

const base = `
variable "users" { default = 30 }
variable "regions" { default = ["eu", "us"] }
locals { page = 1 }
target "api" { base_url = "http://127.0.0.1:8000" }
user "operator" {
  weight  = 30
  wait    = between("1s", "3s")
  headers = { Accept = "application/json" }
  start {
    post "/login" {
      json    = { name = "op" }
      capture = { token = response.json.token }
    }
  }
  get "/health" { weight = 5 }
  get "/leads" {
    weight = 3
    tags   = ["read"]
    query  = { page = local.page, region = join("-", [for r in var.regions : "${r}${user.index}"]) }
  }
  get "/reports" { tags = ["read"] }
  task "order" {
    weight = 1
    post "/orders" {
      json = { lines = [{ sku = "a", n = randint(1, 3) }] }
      expect { status = 201 }
    }
    pause { for = "2s" }
    get "/orders" {}
  }
  task "browse" {
    get "/pages" {}
    get "/pages/:id" { params = { id = user.index } }
  }
}
user "guest" {
  weight = 10
  get "/" {}
}
profile "p" {
  users      = var.users
  spawn_rate = 5
  duration   = "5m"
}
sla "read" {
  match { tags = ["read"] }
  p95 = "500ms"
}
sla "overall" {
  match { users = ["operator"] }
  error_rate          = "0.5%"
  requests_per_second = { min = 10 }
}
`

func compile(t *testing.T, src string) *plan.Plan {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "load")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "main.hcl"), []byte(src), 0o600); err != nil {
		t.Fatal(err)
	}
	r := dsl.Compile(dir, dsl.Options{Seed: uint64(len(src)), Tool: "0.1.0"})
	if r.Plan == nil {
		t.Fatalf("no plan: %v", r.Diagnostics.Err())
	}
	return r.Plan
}

func written(t *testing.T, c *Changes) string {
	t.Helper()
	c.Old.Dir, c.New.Dir = "old", "new"
	var b bytes.Buffer
	if err := WriteText(&b, c, Options{}); err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(b.String()) {
		if w := text.Width(strings.TrimSuffix(line, "\n")); w > 80 {
			t.Errorf("%d cells: %q", w, line)
		}
	}
	return b.String()
}

// Each case is an edit, and what is said of it. Nothing else is said.
func TestWords(t *testing.T) {
	for _, c := range []struct {
		name  string
		edits []string // pairs: old, new
		want  string
	}{
		{"nothing", []string{"locals {", "# a comment\n\nlocals {"}, "No changes: new tests the same as old.\n"},
		{"weight", []string{"weight = 5", "weight = 15"}, `1 change from old to new

TRAFFIC
~ request GET /health in user "operator"
    weight: 5 (45.5 % of "operator") → 15 (71.4 % of "operator")
`},
		{"class weight", []string{"weight  = 30", "weight = 10"}, `1 change from old to new

TRAFFIC
~ user "operator"
    weight: 30 (75.0 % of the weighted users) → 10 (50.0 % of the weighted
      users)
`},
		{"new and gone", []string{"  get \"/health\" { weight = 5 }\n", "", "sku = \"a\"", "sku = \"b\"", "get \"/\" {}", "get \"/\" {}\n  get \"/faq\" {}"}, `4 changes from old to new

TRAFFIC
~ request POST /orders in user "operator", task "order"
    body: ` + "`{\"lines\":[{\"n\":{randint(1, 3) as json},\"sku\":\"a\"}]}` →" + `
      ` + "`{\"lines\":[{\"n\":{randint(1, 3) as json},\"sku\":\"b\"}]}`" + `
- request GET /health is gone in user "operator"
+ request GET /faq is new in user "guest"
    weight: 1 (50.0 % of "guest")

SLAS
~ request GET /faq (guest)
    covered by: no sla
`},
		{"inherited", []string{"application/json", "text/plain"}, `1 change from old to new

TRAFFIC
~ 8 requests in user "operator"
    header Accept: "application/json" → "text/plain"
    user "operator", start, request POST /login; user "operator", request GET
    /health; user "operator", request GET /leads; user "operator", request GET
    /reports; and 4 more
`},
		{"renamed", []string{`task "order"`, `task "buy"`, `user "guest"`, `user "visitor"`}, `2 changes from old to new

TRAFFIC
~ user "visitor" was called "guest"
~ task "buy" was called "order" in user "operator"
`},
		{"moved", []string{"    get \"/orders\" {}\n", "", "    get \"/pages\" {}\n", "    get \"/pages\" {}\n    get \"/orders\" {}\n"}, `1 change from old to new

TRAFFIC
~ request GET /orders was in user "operator", task "order", and is now in user
    "operator", task "browse"
`},
		{"order", []string{"    get \"/pages\" {}\n", "", "user.index } }\n", "user.index } }\n    get \"/pages\" {}\n"}, `1 change from old to new

TRAFFIC
~ task "browse" in user "operator"
    order: GET /pages, GET /pages/:id → GET /pages/:id, GET /pages
`},
		{"method", []string{`get "/health"`, `head "/health"`}, `1 change from old to new

TRAFFIC
~ request HEAD /health was called GET /health in user "operator"
`},
		{"expect and capture", []string{"status = 201", "status = [200, 201]", "token = response.json.token", "token = response.json.access"}, `2 changes from old to new

TRAFFIC
~ request POST /login in user "operator", start
    capture token: response.json.token → response.json.access
~ request POST /orders in user "operator", task "order"
    expect: 201 → 200, 201
`},
		{"settled in HCL", []string{`"us"]`, `"ap"]`}, `2 changes from old to new

VARIABLES
~ variable "regions"
    value: ["eu","us"] → ["eu","ap"]

TRAFFIC
~ request GET /leads in user "operator"
    query region: …ar.regions = ["eu","us"])) → …ar.regions = ["eu","ap"]))
`},
		{"load", []string{"default = 30", "default = 50", `"5m"`, `"10m"`}, `3 changes from old to new

VARIABLES
~ variable "users"
    value: 30 → 50

LOAD
~ the profile
    duration: 5m0s → 10m0s
~ the load
    users: 30 → 50
    ramp: 6s → 10s
    hold: 4m54s → 9m50s
`},
		{"limits", []string{`"500ms"`, `"400ms"`, `"0.5%"`, `"2%"`, "min = 10", "min = 20"}, `2 changes from old to new

SLAS
~ sla "read"
    p95: at most 500ms → at most 400ms, tightened
~ sla "overall"
    error_rate: at most 0.50 % → at most 2.0 %, loosened
    requests_per_second: at least 10/s → at least 20/s, tightened
`},
		{"coverage", []string{"users = [\"operator\"]", "tasks = [\"order\"]", "get \"/reports\" { tags = [\"read\"] }", "get \"/reports\" {}"}, `8 changes from old to new

TRAFFIC
~ request GET /reports in user "operator"
    tags: read → none

SLAS
~ sla "read"
    covers no longer: GET /reports (operator)
~ sla "overall"
    match: users operator → tasks order
    covers no longer: POST /login (operator, start), GET /health (operator),
      GET /leads (operator), GET /reports (operator), GET /pages (operator,
      browse), GET /pages/:id (operator, browse)
~ request POST /login (operator, start)
    covered by: overall → no sla
~ request GET /health (operator)
    covered by: overall → no sla
~ request GET /reports (operator)
    covered by: read, overall → no sla
~ request GET /pages (operator, browse)
    covered by: overall → no sla
~ request GET /pages/:id (operator, browse)
    covered by: overall → no sla
`},
	} {
		t.Run(c.name, func(t *testing.T) {
			src := base
			for i := 0; i < len(c.edits); i += 2 {
				if !strings.Contains(src, c.edits[i]) {
					t.Fatalf("%q is not in the scenario", c.edits[i])
				}
				src = strings.Replace(src, c.edits[i], c.edits[i+1], 1)
			}
			if got := written(t, Between(compile(t, base), compile(t, src))); got != c.want {
				t.Errorf("got:\n%s\nwant:\n%s", got, c.want)
			}
		})
	}
}

func TestJSONOfNoChangesHasLists(t *testing.T) {
	p := compile(t, base)
	var b bytes.Buffer
	if err := WriteJSON(&b, Between(p, p)); err != nil {
		t.Fatal(err)
	}
	var v map[string]any
	if err := json.Unmarshal(b.Bytes(), &v); err != nil {
		t.Fatal(err)
	}
	if groups, ok := v["groups"].([]any); !ok || len(groups) != 0 || v["format_version"] != FormatVersion {
		t.Errorf("%s", b.String())
	}
}

// What was added from one side is gone from the other.
func TestTheOtherWayRound(t *testing.T) {
	one, two := compile(t, base), compile(t, strings.Replace(base, "get \"/\" {}", "get \"/\" {}\n  get \"/faq\" {}", 1))
	kinds := func(c *Changes) (list []string) {
		for _, g := range c.Groups {
			for _, x := range g.Changes {
				if x.Name == "GET /faq" {
					list = append(list, x.Kind)
				}
			}
		}
		return list
	}
	if got := kinds(Between(one, two)); !slices.Equal(got, []string{Added}) {
		t.Errorf("there: %q", got)
	}
	if got := kinds(Between(two, one)); !slices.Equal(got, []string{Removed}) {
		t.Errorf("back: %q", got)
	}
}
