# A checkout: what one answer gives, the next request sends. Refused cards are
# part of the plan, so they are no errors; lost answers are tried again, and
# an idempotency key keeps them from ordering twice.

scenario "checkout" {
  description = "Shoppers fill a cart, order and pay; one card in ten is refused, as it should be."
  profile     = "smoke"
}

variable "base_url" {
  description = "Where the shop is; by default the example API."
  default     = "example://cookbook"
}

target "shop" { base_url = var.base_url }

locals {
  good_card    = "4242424242424242" # test numbers, as payment providers have them
  refused_card = "4000000000000002"
}

user "shopper" {
  wait = between("50ms", "200ms")

  get "/products" {
    weight = 6
    tags   = ["read"]
    query  = { page = randint(1, 6) }
  }

  task "buy" {
    weight     = 4
    tags       = ["buy"]
    headers    = { Accept = "application/json" }
    on_failure = "task" # who has no cart orders nothing, who has no order pays nothing

    get "/products" {
      query   = { page = randint(1, 6) }
      capture = { chosen = sample(response.json.items[*].id, randint(1, 3)) }
    }

    # What the shopper waits for, from the empty cart to the order: one figure
    # of its own, without the moment of thought in between.
    group "checkout" {
      post "/carts" {
        expect { status = 201 }
        capture = { cart = response.json.id }
      }
      loop "product" {
        in = session.chosen
        post "/carts/:id/lines" {
          params = { id = session.cart }
          json   = { product = product.value, quantity = randint(1, 2) }
          expect { status = 201 }
        }
      }
      pause { for = between("50ms", "150ms") }
      set { order_key = uuid() } # drawn before the request, so that every attempt sends the same
      post "/orders" {
        headers = { Idempotency-Key = session.order_key }
        json    = { cart = session.cart }
        expect { status = 201 }
        capture = { order = response.json.id, total = response.json.total }
        retry {
          attempts = 3
          on       = ["timeout", "reset", "5xx"]
          backoff  = "100ms"
        }
      }
    }

    choose {
      branch "good card" {
        weight = 9
        post "/orders/:id/payment" {
          name   = "pay"
          params = { id = session.order }
          json   = { card = local.good_card, amount = session.total }
          expect {
            status    = 201
            condition = response.json.state == "paid"
          }
        }
      }
      branch "refused card" {
        weight = 1
        post "/orders/:id/payment" {
          name   = "pay, refused"
          params = { id = session.order }
          json   = { card = local.refused_card }
          expect { status = 402 } # to be paid would be the error
        }
      }
    }
  }
}

profile "smoke" {
  users    = 8
  duration = "10s"
  slas     = ["checkout", "errors"] # too short to prove what the others promise
}

profile "baseline" {
  users      = 60
  spawn_rate = 6
  duration   = "10m"
}

sla "checkout" {
  match { groups = ["checkout"] }
  p50 = "1s"
  warn { p95 = "2s" }
}

sla "requests" {
  match { tags = ["read", "buy"] }
  p95 = "400ms"
}

# Each request by itself: refusals are too few to be seen among all the others.
sla "errors" {
  match { requests = ["*"] }
  error_rate = "1%"
}
