# The library in use. It runs as it is, against an example shop that throng
# brings along.

scenario "basic" {
  profile = "smoke"
}

module "IDENT" {
  source = "../.."

  targets  = { api = target.shop }
  read_p95 = "300ms"
}

target "shop" {
  base_url = "example://quickstart"
}

user "shopper" {
  use = module.IDENT.user.shopper

  get "/products/:id" {
    tags   = ["read"]
    params = { id = "product-${randint(1, 20)}" }
  }
}

profile "smoke" {
  use = module.IDENT.profile.smoke
}

sla "read" {
  use = module.IDENT.sla.read
}
