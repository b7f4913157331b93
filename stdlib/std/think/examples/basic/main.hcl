# Three kinds of people on one site: who browses, who reads, and a robot that
# keeps time.

module "think" {
  source  = "std/think"
  longest = "1m"
}
module "robot" {
  source = "std/think"
  mean   = "2s"
}

target "shop" { base_url = "example://quickstart" }

user "visitor" {
  weight = 8
  wait   = module::think::human()
  task "look_around" {
    get "/products" {}
    pause { for = module::think::bounded_lognormal("3s") }
    get "/products/:id" { params = { id = "product-${randint(1, 20)}" } }
  }
}
user "reader" {
  use    = module.think.user.reader
  weight = 2
  get "/products" {}
}
user "robot" {
  use         = module.robot.user.pacing
  fixed_count = 1
  get "/products" {}
}

profile "smoke" {
  users      = 20
  spawn_rate = 10
  duration   = "30s"
}

sla "all" { error_rate = "1%" }
