# A login through a page: submit fills in the form that the last page held,
# its hidden CSRF token included, and goes where the form says. Cookies are
# kept as a browser does.

scenario "form-login" {
  description = "People log in through the page; some have a second factor."
  profile     = "smoke"
}

variable "base_url" {
  description = "Where the site is; by default the example API."
  default     = "example://cookbook"
}

variable "password" {
  description = "Everybody's. Give your own with THRONG_VAR_password."
  sensitive   = true
  default     = "open-sesame" # the example API's
}

variable "otp_secret" {
  description = "What the second factor's codes are made of, in base32."
  sensitive   = true
  default     = "JBSWY3DPEHPK3PXP" # the example API's
}

target "site" { base_url = var.base_url }

user "person" {
  weight   = 2
  lifetime = "iteration" # each time somebody else, without a cookie
  wait     = between("50ms", "150ms")

  task "log_in_and_out" {
    get "/login" {}
    submit "/login" {
      form      = "form#login" # the page has a search form, too
      fields    = { email = fake_email(), password = var.password, language = "fr", remember = "yes" }
      redirects = 0 # to look at the redirect itself
      expect {
        status    = 302
        condition = response.headers.Location == "/account"
        message   = "the login led to ${response.headers.Location}"
      }
    }
    get "/account" {
      expect {
        condition = trimspace(css(response.html, "#language")) == "fr"
        message   = "the form's choice was lost"
      }
    }
    submit "/logout" { form = "form#logout" }
  }
}

user "careful" {
  lifetime = "iteration"
  wait     = between("50ms", "150ms")

  task "two_factors" {
    get "/login" {}
    submit "/login" {
      name   = "log in, first factor"
      form   = "form#login"
      fields = { email = "person-${user.index}+otp@example.com", password = var.password }
      expect {
        condition = css(response.html, "form#otp") != null
        message   = "no code was asked for"
      }
    }
    submit "/login/two_factor" {
      form   = "form#otp"
      fields = { code = totp(var.otp_secret) }
      expect {
        condition = endswith(response.url, "/account")
        message   = "the second factor led to ${response.url}"
      }
    }
  }
}

profile "smoke" {
  users    = 9
  duration = "10s"
}

sla "log_in" {
  match { requests = ["*login*", "log in*"] }
  p95        = "500ms"
  error_rate = "1%"
}

sla "all" { error_rate = "1%" }
