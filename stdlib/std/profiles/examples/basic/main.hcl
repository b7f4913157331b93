# A shop under the loads of the standard library: three as they are, one with
# users of its own, and all of them at half their size.

module "std" {
  source = "std/profiles"
  scale  = 0.5
}

target "shop" { base_url = "example://quickstart" }

user "visitor" {
  wait = between("1s", "3s")
  get "/products" {}
}

profile "smoke" { use = module.std.profile.smoke }
profile "spike" { use = module.std.profile.spike }
profile "soak" { use = module.std.profile.soak }
profile "peak" {
  use   = module.std.profile.peak
  users = 120
}

sla "all" {
  p95        = "500ms"
  error_rate = "1%"
}
