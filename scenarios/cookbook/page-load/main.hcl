# A page as a browser loads it: the document, then its assets, six at a time.

scenario "page-load" {
  description = "Browsers load a page with a dozen assets; returning ones have them cached."
  profile     = "smoke"
}

variable "base_url" { default = "example://cookbook" }

target "site" { base_url = var.base_url }

user "browser" {
  wait    = between("100ms", "300ms")
  headers = { Accept-Language = "en" }

  task "first_visit" {
    weight = 3
    group "page" {
      get "/site/index.html" {
        tags = ["document"]
        expect {
          condition = css(response.html, "title") != null
          message   = "the page has no title"
        }
      }
      get "/site/manifest.json" { capture = { assets = response.json.assets } }
      parallel {
        limit = 6
        loop "asset" {
          in = session.assets
          get "/site/assets/:name" {
            tags = ["asset"]
            url  = asset.value.url
          }
        }
      }
    }
  }

  task "return_visit" {
    get "/site/manifest.json" { capture = { assets = response.json.assets } }
    parallel {
      limit = 6
      loop "asset" {
        in = session.assets
        get "/site/assets/:name" {
          name    = "asset, cached"
          tags    = ["asset"]
          url     = asset.value.url
          headers = { If-None-Match = asset.value.etag }
          expect { status = 304 }
        }
      }
    }
  }
}

profile "smoke" {
  users    = 3
  duration = "10s"
}

sla "document" {
  match { tags = ["document"] }
  p50 = "200ms"
}

sla "assets" {
  match { tags = ["asset"] }
  p95        = "400ms"
  error_rate = "1%"
}

sla "page" {
  match { groups = ["page"] }
  p50 = "1s"
}
