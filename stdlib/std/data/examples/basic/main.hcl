# Customers who sign in with an address of their own, ask for products of
# which some are popular, and order. Searches are made up, too.

module "data" {
  source = "std/data"
  ids    = 20
}

target "shop" { base_url = "example://quickstart" }

user "customer" {
  wait    = between("100ms", "300ms")
  headers = { Authorization = "Bearer ${session.token}" }

  start {
    post "/login" {
      json    = { email = module.data.data.people.email, password = "throng" }
      capture = { token = response.json.access_token }
    }
  }

  get "/products/:id" {
    weight = 8
    params = { id = module::data::popular_id("product-") }
  }
  post "/orders" {
    weight = 2
    json = {
      product_id = module.data.data.orders.lines[0].product
      quantity   = module.data.data.orders.lines[0].quantity
    }
    expect { status = 201 }
  }
}

profile "smoke" {
  users    = 10
  duration = "15s"
}

sla "all" { error_rate = "1%" }
