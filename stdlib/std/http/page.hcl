# Pages with all that belongs to them, and from link to link.

task "page_load" {
  description = "Loads a page as a browser does: the document, then its style sheets, scripts and images, several at once. Files of other sites are left out. Both together are timed as the group \"page load\". A document that fails ends the task: no document, no assets."
  input "url" {
    type        = string
    description = "The page's address."
  }

  group "page load" {
    get "/*page" {
      name       = local.row["page"]
      url        = input.url
      tags       = ["document"]
      on_failure = "task"
      capture = {
        page_assets = within_site(response.url, concat(
          cssall(response.html, "link[rel=stylesheet][href], link[rel=icon][href]", "href"),
          cssall(response.html, "script[src]", "src"),
          cssall(response.html, "img[src]", "src"),
        ))
      }
    }
    parallel {
      limit = var.parallel
      loop "asset" {
        in = session.page_assets
        get "/*asset" {
          name = local.row["asset"]
          url  = asset.value
          tags = ["asset"]
        }
      }
    }
  }
}

task "crawl" {
  description = "Visits the pages of a site, each once, in the order in which links to them are found, and never leaves it. Ends when no new link is left, or after so many pages. A page that fails is a failed request, and the crawl goes on."
  input "url" {
    type        = string
    description = "The page to begin with."
  }
  input "pages" {
    type        = number
    default     = 20
    description = "How many pages are visited at most."
  }

  set {
    crawl_queue = [input.url]
    crawl_seen  = []
  }
  repeat {
    count = input.pages
    when {
      condition = length(session.crawl_queue) > 0
      set {
        crawl_url   = session.crawl_queue[0]
        crawl_at    = session.crawl_queue[0]
        crawl_links = []
      }
      get "/*page" {
        name = local.row["page"]
        url  = session.crawl_url
        tags = ["document"]
        capture = {
          crawl_at    = regex("^[^#]*", response.url) # where a redirect has led
          crawl_links = within_site(response.url, cssall(response.html, "a[href]", "href"))
        }
      }
      set {
        crawl_seen  = concat(session.crawl_seen, [session.crawl_url, session.crawl_at])
        crawl_queue = distinct(concat(slice(session.crawl_queue, 1, length(session.crawl_queue)), session.crawl_links))
      }
      set { crawl_queue = [for link in session.crawl_queue : link if !contains(session.crawl_seen, link)] }
      set { crawl_queue = slice(session.crawl_queue, 0, min(input.pages, length(session.crawl_queue))) }
      pause { for = exponential(var.think) }
    }
  }
}

user "visitor" {
  abstract    = true
  description = "Loads the page at start with its assets, every five seconds on average."
  wait        = exponential("5s")
  task "visit" {
    call "page_load" { with = { url = var.start } }
  }
}

user "crawler" {
  abstract    = true
  description = "A search engine's robot: crawls up to so many pages from start on, and begins again after half a minute on average."
  wait        = exponential("30s")
  task "crawl" {
    call "crawl" { with = { url = var.start, pages = var.pages } }
  }
}
