# Everybody who signs in: members with tokens that wear out, customers with a
# cookie, a page whose scripts send a CSRF token, a service with OAuth2, and
# a partner with an API key.

variable "password" {
  type        = string
  sensitive   = true
  default     = "open-sesame" # the example API's
  description = "Everybody's password."
}

module "api" {
  source   = "std/auth"
  login    = "/auth/login"
  username = "member-{index}@example.com"
  password = var.password
  spare    = "50s" # the example's tokens live for a minute
}
module "site" {
  source         = "std/auth"
  username       = "customer-{index}@example.com"
  password       = var.password
  csrf           = "form#login input[name=csrf]"
  csrf_attribute = "value"
}
module "service" {
  source        = "std/auth"
  token_url     = "/oidc/token"
  client_id     = "cookbook-service"
  client_secret = "cookbook-service-secret"
}
module "partner" {
  source = "std/auth"
  key    = "tenant-key-oslo"
}

target "api" { base_url = "example://cookbook" }

user "member" {
  use  = module.api.user.token
  wait = "100ms"
  task "profile" {
    call "stay_signed_in" { use = module.api.task.stay_signed_in }
    get "/me" {}
  }
}

user "customer" {
  use  = module.site.user.cookie
  wait = "100ms"
  get "/account" {}
}

user "script" {
  wait = "100ms"
  start {
    call "sign_in" {
      use  = module.site.task.csrf_login
      with = { username = "script-${user.index}@example.com", password = var.password, fields = { language = "en" } }
    }
  }
  get "/account" { name = "account of a script" }
}

user "service" {
  use  = module.service.user.oauth2
  wait = "100ms"
  get "/cheap" {}
}

user "partner" {
  use     = module.partner.user.api_key
  wait    = "100ms"
  headers = { X-Tenant = "oslo" }
  get "/t/oslo/notes" {}
}

profile "smoke" {
  users    = 10
  duration = "15s"
}

sla "all" { error_rate = "1%" }
