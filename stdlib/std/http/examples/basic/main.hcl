# A site with all who come by: a monitor, people who load its pages, a search
# engine, and clients that walk through lists and wait for jobs.

module "http" {
  source     = "std/http"
  probes     = [{ path = "/health" }]
  start      = "/site/index.html"
  most_polls = 10
}
module "shop" {
  source = "std/http"
  name   = "shop"
  start  = "/shop"
  pages  = 12
}

target "site" { base_url = "example://cookbook" }

user "monitor" { use = module.http.user.health_checker }
user "visitor" { use = module.http.user.visitor }
user "crawler" { use = module.shop.user.crawler }

user "reader" {
  wait = "100ms"
  task "by_link" {
    call "walk" {
      use  = module.http.task.walk_links
      with = { url = "/feed?size=8&total=20" }
    }
  }
  task "by_cursor" {
    call "walk" {
      use  = module.http.task.walk_cursors
      with = { url = "/feed?size=5&total=23", next_url = "/feed" }
    }
  }
  task "by_number" {
    call "walk" {
      use  = module.http.task.walk_numbers
      with = { url = "/products?size=20" }
    }
  }
}

user "client" {
  wait = "100ms"
  task "export" {
    on_failure = "task" # no job, no polls
    post "/jobs" {
      json = { kind = "export", polls = randint(2, 5) }
      expect { status = 202 }
      capture = { job = response.json.id }
    }
    call "poll" {
      use  = module.http.task.poll
      with = { url = "/jobs/${session.job}", every = "50ms" }
    }
    get "/jobs/:id/result" { params = { id = session.job } }
  }
}

profile "smoke" {
  users    = 10
  duration = "15s"
}

sla "all" { error_rate = "1%" }
