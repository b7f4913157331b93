# A test: the example against a server that this file declares. No request
# leaves this machine.

mock "shop" {
  route "POST /login" {
    json = { access_token = "a-token" }
  }

  route "GET /products" {
    json = [{ id = "product-1" }]
  }

  route "GET /products/:id" {
    json = { id = request.params.id }
  }
}

run "a shopper signs in before it reads" {
  command  = "render"
  scenario = "./examples/basic"
  targets  = { shop = mock.shop }

  assert {
    condition     = length(requests["POST /login"]) == 1
    error_message = "A shopper signs in once."
  }

  assert {
    condition     = requests["GET /products"][0].headers.authorization == "Bearer a-token"
    error_message = "What the shopper reads, it reads signed in."
  }
}
