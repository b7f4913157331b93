# What this library offers: whatever stands at the top level of its files and
# does not say private = true. Callers use it by name, as each block says.

scenario "NAME" {
  description = "Shoppers: what they do, and how fast it has to be."
}

# The system under test. It has no address of its own: callers give it one of
# their targets, with targets = { api = target.… } in the module block.
target "api" {
  description = "The shop."
}

# A kind of user to build on: use = module.IDENT.user.shopper
user "shopper" {
  description = "Signs in, then reads lists of products."
  abstract    = true
  wait        = between("100ms", "300ms")
  headers     = { Authorization = "Bearer ${session.token}" }

  start {
    call "sign_in" { use = task.sign_in }
  }

  get "/products" {
    tags  = ["read"]
    query = { page = randint(1, var.pages) }
  }
}

# A task to call: call "sign_in" { use = module.IDENT.task.sign_in }
task "sign_in" {
  description = "Gets a token, which later steps send."

  input "email" {
    type        = string
    default     = "shopper@example.com"
    description = "Who signs in."
  }

  post "/login" {
    tags    = ["login"]
    json    = { email = input.email, password = "throng" }
    capture = { token = response.json.access_token }
  }
}

# A load: use = module.IDENT.profile.smoke
profile "smoke" {
  description = "A few users, to see that all is well."
  users       = 10
  duration    = "15s"
}

# A promise: use = module.IDENT.sla.read
# It judges the caller's requests, by their tags.
sla "read" {
  description = "Reading a page or a list."
  match { tags = ["read"] }
  p95        = var.read_p95
  error_rate = "1%"
}
