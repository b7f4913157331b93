# Pages until there are no more: once by cursor, once by following links.

scenario "pagination" {
  description = "Readers walk through a feed to its end."
  profile     = "smoke"
}

variable "base_url" { default = "example://cookbook" }

target "api" { base_url = var.base_url }

user "reader" {
  wait = between("20ms", "80ms")

  task "by_cursor" {
    get "/feed" {
      query   = { size = 5, total = 23 }
      capture = { next = try(response.json.next, null), seen = length(response.json.items) }
    }
    repeat {
      while = session.next != null
      max   = 20
      get "/feed" {
        name    = "feed, next page"
        query   = { cursor = session.next }
        capture = { next = try(response.json.next, null), page = response.json.items }
      }
      set { seen = session.seen + length(session.page) }
    }
    get "/cheap" {
      expect {
        condition = session.seen == 23
        message   = "saw ${session.seen} of 23 items"
      }
    }
  }

  task "by_link" {
    get "/feed" {
      query   = { size = 8, total = 20 }
      capture = { link = try(regex("<([^>]+)>; rel=\"next\"", response.headers.Link)[0], null) }
    }
    repeat {
      while = session.link != null
      max   = 20
      get "/feed" {
        name    = "feed, linked page"
        url     = session.link
        capture = { link = try(regex("<([^>]+)>; rel=\"next\"", response.headers.Link)[0], null) }
      }
    }
  }
}

profile "smoke" {
  users    = 4
  duration = "10s"
}

sla "pages" {
  match { requests = ["*feed*"] }
  p95        = "300ms"
  error_rate = "1%"
}
