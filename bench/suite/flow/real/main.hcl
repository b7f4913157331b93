# Five weighted endpoints, a body of random values, a captured field in the
# next path, checks of status and JSON, two SLAs.

variable "base_url" { type = string }

variable "duration" {
  type    = string
  default = "5s"
}

target "shop" { base_url = var.base_url }

user "shopper" {
  get "/items" {
    weight = 40
    query  = { page = randint(1, 50), limit = 20 }
    expect { condition = response.json.total == 3 }
  }
  get "/items/:id" {
    weight = 30
    params = { id = "item-${randint(1, 1000)}" }
    expect { condition = response.json.state == "done" }
  }
  get "/search" {
    weight = 10
    query  = { q = pick(["red", "green", "blue"]) }
    expect { condition = response.json.total == 3 }
  }
  task "buy" {
    weight = 20
    post "/orders" {
      json = {
        reference = uuid()
        customer  = { email = "shopper-${user.index}@example.com", note = randstring(12) }
        lines     = [{ item = "item-${randint(1, 1000)}", quantity = randint(1, 9) }]
      }
      expect {
        status    = 201
        condition = response.json.state == "new"
      }
      capture = { order = response.json.id }
    }
    get "/orders/:id" {
      params = { id = session.order }
      expect { condition = response.json.state == "done" }
    }
  }
}

profile "full" {
  users    = 50
  duration = var.duration
}

sla "reading" {
  match { requests = ["GET *"] }
  p95        = "1s"
  error_rate = "0%"
}
sla "writing" {
  match { requests = ["POST *"] }
  p99        = "1s"
  error_rate = "0%"
}
