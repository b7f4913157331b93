# A page as a browser loads it: the document, then everything it names, six at
# a time. Who comes back asks only whether anything has changed.

scenario "page-load" {
  description = "Browsers load a page with a dozen assets; returning ones have them cached."
  profile     = "smoke"
}

variable "base_url" {
  description = "Where the site is; by default the example API."
  default     = "example://cookbook"
}

target "site" { base_url = var.base_url }

user "browser" {
  wait    = between("100ms", "300ms")
  headers = { Accept-Language = "en" }

  task "first_visit" {
    weight = 3
    group "page" {
      get "/site/index.html" {
        tags       = ["document"]
        on_failure = "task" # no document, no assets
        expect {
          condition = css(response.html, "title") != null
          message   = "the page has no title"
        }
        capture = {
          assets = concat(
            cssall(response.html, "link[rel=stylesheet]", "href"),
            cssall(response.html, "script[src]", "src"),
            cssall(response.html, "img[src]", "src"),
          )
        }
      }
      parallel {
        limit = 6 # as many as browsers open to one host over HTTP/1.1
        loop "asset" {
          in = session.assets
          get "/site/assets/:name" {
            tags = ["asset"]
            url  = asset.value
          }
        }
      }
    }
  }

  # The manifest tells what a cache would hold: each asset and its ETag.
  task "return_visit" {
    get "/site/manifest.json" {
      tags    = ["document"]
      capture = { cached = response.json.assets }
    }
    parallel {
      limit = 6
      loop "asset" {
        in = session.cached
        get "/site/assets/:name" {
          name    = "asset, cached"
          tags    = ["asset"]
          url     = asset.value.url
          headers = { If-None-Match = asset.value.etag }
          expect { status = 304 } # the whole file again would be the error
        }
      }
    }
  }
}

profile "smoke" {
  users    = 6
  duration = "10s"
}

sla "document" {
  match { tags = ["document"] }
  p50        = "500ms"
  error_rate = "1%"
}

sla "assets" {
  match { tags = ["asset"] }
  p90        = "500ms"
  error_rate = "1%"
}

sla "page" {
  match { groups = ["page"] }
  p50        = "1s"
  error_rate = "1%"
}
