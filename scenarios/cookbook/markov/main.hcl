# Browsing as a Markov chain: where a visitor goes next depends on where it
# is. The rows of next are what web analytics call flows, and add up to 10
# here so that they read as tenths.

scenario "markov" {
  description = "Visitors wander through a shop's pages for a while."
  profile     = "smoke"
}

variable "base_url" {
  description = "Where the shop is; by default the example API."
  default     = "example://cookbook"
}

target "shop" { base_url = var.base_url }

user "visitor" {
  wait     = between("20ms", "80ms")
  lifetime = "iteration" # every visit is somebody new: no cookies, a new connection
  session  = { links = [] }

  task "visit" {
    iterations = randint(4, 10) # pages a visit

    task "home" {
      get "/shop" {
        capture = { links = cssall(response.html, "a[href^='/shop/products/']", "href") }
      }
    }
    task "list" {
      weight = 0 # nobody begins here
      get "/shop/products" {
        query   = { page = randint(1, 3) }
        capture = { links = cssall(response.html, "a[href^='/shop/products/']", "href") }
      }
    }
    task "detail" {
      weight = 0
      get "/shop/products/:id" { url = pick(session.links) } # one of those last seen
    }
    task "cart" {
      weight = 0
      get "/shop/products/:id" { url = pick(session.links) }
      submit "/shop/cart" { form = "form#add" }
    }

    next "home" { to = { list = 8, detail = 2 } }
    next "list" { to = { list = 3, detail = 6, home = 1 } }
    next "detail" { to = { list = 5, detail = 2, cart = 2, home = 1 } }
    next "cart" { to = { list = 6, home = 4 } }
  }
}

profile "smoke" {
  users    = 5
  duration = "10s"
}

sla "pages" {
  match { requests = ["/shop*"] }
  judge      = "together"
  p95        = "500ms"
  error_rate = "1%"
}
