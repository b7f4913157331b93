# A login through an HTML form with a CSRF token, and a second factor.

scenario "form-login" {
  description = "People log in through the page; some have a second factor."
  profile     = "smoke"
}

variable "base_url" { default = "example://cookbook" }

variable "password" {
  sensitive = true
  default   = "throng"
}

target "site" { base_url = var.base_url }

user "person" {
  weight   = 2
  lifetime = "iteration"
  wait     = between("50ms", "150ms")

  task "log_in_and_out" {
    get "/login" {}
    submit "/login" {
      form      = "form#login"
      fields    = { email = fake_email(), password = var.password, language = "fr", remember = "yes" }
      redirects = 0
      expect {
        status    = 302
        condition = response.headers.Location == "/account"
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
      }
    }
    submit "/login/two_factor" {
      form   = "form#otp"
      fields = { code = totp("JBSWY3DPEHPK3PXP") }
      expect {
        condition = endswith(response.url, "/account")
        message   = "the second factor was refused"
      }
    }
  }
}

profile "smoke" {
  users    = 6
  duration = "10s"
}

sla "log_in" {
  match { requests = ["*login*", "log in*"] }
  p95        = "400ms"
  error_rate = "1%"
}

sla "all" { error_rate = "1%" }
