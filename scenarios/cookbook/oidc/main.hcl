# OpenID Connect with PKCE, redirect by redirect, and a machine that logs in
# with its own credentials.

scenario "oidc" {
  description = "Browsers sign in through an identity provider; services fetch tokens."
  profile     = "smoke"
}

variable "base_url" { default = "example://cookbook" }

variable "password" {
  sensitive = true
  default   = "throng"
}

variable "service_secret" {
  sensitive = true
  default   = "cookbook-service-secret"
}

target "idp" { base_url = var.base_url }

# The challenge of RFC 7636: the verifier's SHA-256 in base64url.
function "challenge" {
  params = [verifier]
  result = trimsuffix(replace(replace(base64sha256(verifier), "+", "-"), "/", "_"), "=")
}

user "browser" {
  weight   = 3
  lifetime = "iteration"
  wait     = between("50ms", "150ms")
  session  = { verifier = "", state = "" }

  task "sign_in" {
    set {
      verifier = randstring(64)
      state    = randstring(16)
    }
    group "sign in" {
      # The provider sends the browser to its own form …
      get "/oidc/authorize" {
        query = {
          client_id             = "cookbook-web"
          redirect_uri          = "/app/callback"
          response_type         = "code"
          scope                 = "openid email"
          state                 = session.state
          nonce                 = randstring(16)
          code_challenge        = challenge(session.verifier)
          code_challenge_method = "S256"
        }
        expect {
          condition = css(response.html, "form#signin") != null
        }
      }
      # … and back to the application, with a code.
      submit "/oidc/signin" {
        form      = "form#signin"
        fields    = { email = fake_email(), password = var.password }
        redirects = 0
        expect { status = 302 }
        capture = {
          back = response.headers.Location
          code = regex("[?&]code=([^&]+)", response.headers.Location)[0]
        }
      }
      get "/app/callback" {
        url = session.back
        expect {
          condition = response.json.state == session.state
          message   = "the state came back changed"
        }
      }
      post "/oidc/token" {
        form = {
          grant_type    = "authorization_code"
          code          = session.code
          redirect_uri  = "/app/callback"
          client_id     = "cookbook-web"
          code_verifier = session.verifier
        }
        capture = { token = response.json.access_token }
      }
    }
    get "/oidc/userinfo" {
      headers = { Authorization = "Bearer ${session.token}" }
      expect {
        condition = response.json.email_verified
      }
    }
  }
}

user "service" {
  wait = between("100ms", "200ms")
  post "/oidc/token" {
    name    = "client credentials"
    headers = { Authorization = basicauth("cookbook-service", var.service_secret) }
    form    = { grant_type = "client_credentials" }
    expect {
      condition = response.json.expires_in > 0
    }
  }
}

profile "smoke" {
  users    = 5
  duration = "10s"
}

sla "sign_in" {
  match { groups = ["sign in"] }
  p50 = "1s"
}

sla "all" {
  p95        = "400ms"
  error_rate = "1%"
}
