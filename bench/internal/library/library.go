// Package library writes a large scenario: the shape of one that many teams
// of a company keep together, for measuring how long it takes to validate.
package library

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// Files that one service and one team are written in.
const (
	perService = 4
	perTeam    = 10
)

// Write makes the scenario in a directory, in exactly as many files as asked,
// which are at least 16: a root with services of its own (locals, tasks, a
// user and SLAs each), and about half as modules of teams, whose users and
// tasks the root uses.
func Write(dir string, files int) error {
	files = max(files, 16)
	w := &writer{dir: dir}
	teams := max(files/2/perTeam, 1)
	services := (files - 1 - teams*perTeam) / perService
	w.main(services, teams)
	for i := range services {
		w.service(i)
	}
	for i := range teams {
		w.team(i)
	}
	for i := w.files; i < files; i++ {
		w.file(fmt.Sprintf("limits_%d.hcl", i), fmt.Sprintf("sla \"limit_%d\" {\n  p99_9 = \"%ds\"\n  match { users = [\"*\"] }\n}\n", i, 5+i%5))
	}
	return w.err
}

type writer struct {
	dir   string
	files int
	err   error
}

func (w *writer) file(name, text string) {
	name = filepath.Join(w.dir, filepath.FromSlash(name))
	if w.err == nil {
		w.err = os.MkdirAll(filepath.Dir(name), 0o755)
	}
	if w.err == nil {
		w.err = os.WriteFile(name, []byte(text), 0o644)
	}
	w.files++
}

func (w *writer) main(services, teams int) {
	var b strings.Builder
	b.WriteString(`scenario "library" { description = "What every team measures, in one place." }

variable "base_url" {
  type    = string
  default = "http://127.0.0.1:8000"
}

variable "token" {
  type      = string
  default   = "t0ken-for-tests"
  sensitive = true
}

target "api" {
  base_url = var.base_url
  headers  = { authorization = "Bearer ${var.token}", x-client = "throng" }
}

target "search" {
  base_url = "${var.base_url}/search"
  timeout  = "5s"
}

profile "smoke" {
  users    = 10
  duration = "30s"
}

profile "day" {
  stages = [{ users = 400, over = "2m", hold = "30m" }, { users = 0, over = "1m" }]
}

profile "night" {
  users    = 50
  duration = "8h"
}

`)
	for i := range teams {
		fmt.Fprintf(&b, "module \"team_%d\" {\n  source = \"./teams/team_%d\"\n  region = \"eu-%d\"\n}\n\n", i, i, i%4)
		fmt.Fprintf(&b, "user \"team_%d\" {\n  use    = module.team_%d.user.base\n  weight = %d\n  target = target.api\n}\n\n", i, i, 1+i%5)
		fmt.Fprintf(&b, "sla \"team_%d\" {\n  use = module.team_%d.sla.fast\n  match { users = [\"team_%d\"] }\n}\n\n", i, i, i)
	}
	_ = services
	w.file("main.hcl", b.String())
}

// service writes a user of the root and what it needs.
func (w *writer) service(i int) {
	name := func(part string) string { return fmt.Sprintf("service_%d_%s.hcl", i, part) }
	text := func(s string) string { return strings.ReplaceAll(s, "SERVICE", fmt.Sprintf("service_%d", i)) }
	w.file(name("locals"), text(`locals {
  SERVICE_path  = "/v1/SERVICE"
  SERVICE_tags  = ["SERVICE", "root"]
  SERVICE_sizes = { for n in range(5) : "size_${n}" => n * 10 }
  SERVICE_query = merge(local.SERVICE_sizes, { lang = "en", path = upper(local.SERVICE_path) })
}
`))
	w.file(name("tasks"), text(`task "SERVICE_open" {
  input "id" { default = "1" }
  get "/v1/SERVICE/:id" {
    name    = "open SERVICE"
    params  = { id = input.id }
    capture = { etag = response.headers["etag"], owner = response.json.owner.id }
    expect { status = 200 }
  }
}

task "SERVICE_change" {
  call "SERVICE_open" {
    with = { id = "${user.index}" }
  }
  put "/v1/SERVICE/:owner" {
    name    = "change SERVICE"
    params  = { owner = session.owner }
    headers = { if-match = session.etag }
    json    = { name = "n-${user.id}", count = randint(1, 100), tags = local.SERVICE_tags, nested = { a = session.owner, b = [1, 2, user.index] } }
    expect { status = [200, 204] }
  }
}
`))
	w.file(name("user"), text(`user "SERVICE" {
  target  = target.api
  weight  = 3
  tags    = local.SERVICE_tags
  headers = { x-service = "SERVICE", x-user = user.id }
  wait    = randfloat(1, 3)

  start {
    post "/v1/SERVICE/login" {
      json    = { name = "u-${user.index}", secret = var.token }
      capture = { login = response.json.token }
    }
  }

  get "/v1/SERVICE" {
    name  = "list SERVICE"
    query = local.SERVICE_query
    tags  = ["read"]
  }

  task "browse" {
    weight = 2
    get "/v1/SERVICE/items" {
      name    = "items SERVICE"
      query   = { page = randint(1, 10), token = session.login }
      capture = { first = try(response.json.items[0].id, "none") }
    }
    when {
      condition = session.first != "none"
      get "/v1/SERVICE/items/:id" {
        name   = "item SERVICE"
        params = { id = session.first }
      }
    }
    call "SERVICE_open" {}
  }

  task "edit" {
    repeat {
      count = 2
      call "SERVICE_change" {}
    }
    pause { for = "500ms" }
  }
}
`))
	w.file(name("slas"), text(`sla "SERVICE_read" {
  p95        = "400ms"
  error_rate = "1%"
  match {
    users = ["SERVICE"]
    tags  = ["read"]
  }
}

sla "SERVICE_write" {
  p99  = "2s"
  mean = "600ms"
  match { requests = ["change SERVICE"] }
  warn { p99 = "1s" }
}
`))
}

// team writes a module with a user for the root to use.
func (w *writer) team(i int) {
	dir := fmt.Sprintf("teams/team_%d/", i)
	w.file(dir+"variables.hcl", "variable \"region\" { type = string }\n\nvariable \"retries\" {\n  type    = number\n  default = 2\n}\n")
	w.file(dir+"outputs.hcl", "output \"region\" { value = local.place }\n")
	w.file(dir+"locals.hcl", `locals {
  place  = "region-${var.region}"
  pages  = [for n in range(var.retries * 5) : "page-${n}"]
  labels = { team = local.place, pages = join(",", local.pages) }
}
`)
	w.file(dir+"slas.hcl", "sla \"fast\" {\n  p95        = \"${var.retries * 200}ms\"\n  error_rate = \"0.5%\"\n}\n")
	var base strings.Builder
	base.WriteString("user \"base\" {\n  abstract = true\n  tags     = [local.place]\n  headers  = { x-region = local.place }\n")
	for j := range perTeam - 5 {
		w.file(fmt.Sprintf("%stask_%d.hcl", dir, j), fmt.Sprintf(`task "step_%[2]d" {
  get "/team_%[1]d/%[2]d" {
    query   = local.labels
    capture = { next = response.json.next }
  }
  group "page" {
    post "/team_%[1]d/%[2]d/:next" {
      params = { next = session.next }
      form   = { page = pick(local.pages), region = upper(var.region) }
      expect { status = "2xx" }
    }
  }
}
`, i, j))
		fmt.Fprintf(&base, "  task \"step_%d\" { use = task.step_%d }\n", j, j)
	}
	base.WriteString("}\n")
	w.file(dir+"user.hcl", base.String())
}
