# Page after page until there are no more, in the three ways that APIs know:
# a cursor in the answer, a link in its header, and numbers that go up until a
# page is empty. Each counts what it saw, so that a page that is left out is
# found.

scenario "pagination" {
  description = "Readers walk through lists to their end."
  profile     = "smoke"
}

variable "base_url" {
  description = "Where the service is; by default the example API."
  default     = "example://cookbook"
}

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
        name  = "feed, next page"
        query = { cursor = session.next }
        expect {
          condition = response.json.next != null || session.seen + length(response.json.items) == 23
          message   = "the feed ended after ${session.seen + length(response.json.items)} of 23 items"
        }
        capture = {
          next = try(response.json.next, null)
          seen = session.seen + length(response.json.items)
        }
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
        url     = session.link # the whole address, as the answer gave it
        capture = { link = try(regex("<([^>]+)>; rel=\"next\"", response.headers.Link)[0], null) }
      }
    }
  }

  task "until_empty" {
    set {
      page  = 1
      found = 0
    }
    repeat {
      until = session.count == 0
      max   = 20
      get "/products" {
        query = { page = session.page, size = 20 }
        expect {
          condition = length(response.json.items) > 0 || session.found == response.json.total
          message   = "an empty page after ${session.found} of ${response.json.total} products"
        }
        capture = {
          count = length(response.json.items)
          found = session.found + length(response.json.items)
        }
      }
      set { page = session.page + 1 }
    }
  }
}

profile "smoke" {
  users    = 6
  duration = "10s"
}

sla "pages" {
  match { requests = ["*feed*", "GET /products"] }
  p95        = "500ms"
  error_rate = "1%"
}
