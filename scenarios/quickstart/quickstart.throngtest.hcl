# Tests of the quickstart, without the shop: throng test scenarios/quickstart

mock "shop" {
  route "POST /login" {
    json = { access_token = "token-${request.count}" }
  }
  route "GET /products" {
    json = { items = [] }
  }
  route "GET /products/:id" {
    json = { id = request.params.id }
  }
  route "POST /orders" {
    status = 201
    json   = { id = "order-${request.count}" }
  }
  route "GET /orders/:id" {
    json = { id = request.params.id }
  }
}

# A shop that hands out somebody else's orders.
mock "mixed_up" {
  route "POST /login" {
    json = { access_token = "token" }
  }
  route "POST /orders" {
    status = 201
    json   = { id = "order-1" }
  }
  route "GET /orders/:id" {
    json = { id = "order-2" }
  }
  route "/*path" {}
}

run "every request has a budget" {
  assert {
    condition     = length(plan.slas) == 3 && plan.profile == "smoke"
    error_message = "reading, buying and all."
  }
}

run "a shopper signs in once, and stays signed in" {
  command = "render"
  targets = { shop = mock.shop }

  assert {
    condition     = length(requests["POST /login"]) == 1
    error_message = "One user signs in once."
  }
  assert {
    condition     = alltrue([for r in requests["GET /products"] : r.headers.authorization == "Bearer token-1"])
    error_message = "Every request carries the token of the login."
  }
  assert {
    condition     = requests["GET /orders/:id"][0].params.id == "order-1"
    error_message = "A shopper looks at the order it made."
  }
}

run "somebody else's order is noticed" {
  command  = "run"
  targets  = { shop = mock.mixed_up }
  users    = 4
  duration = "2s"

  assert {
    condition     = anytrue([for r in result.requests : r.name == "GET /orders/:id" && r.failed > 0])
    error_message = "Somebody else's order must count as a failure."
  }
}
