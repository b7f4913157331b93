# OpenID Connect: the authorization code with PKCE, redirect by redirect, as a
# browser does it; and a service that logs in with credentials of its own.

scenario "oidc" {
  description = "Browsers sign in through an identity provider; services fetch tokens."
  profile     = "smoke"
}

variable "base_url" {
  description = "Where the provider and the application are; by default the example API."
  default     = "example://cookbook"
}

variable "password" {
  description = "Everybody's. Give your own with THRONG_VAR_password."
  sensitive   = true
  default     = "open-sesame" # the example API's
}

variable "service_secret" {
  description = "What the service proves itself with."
  sensitive   = true
  default     = "cookbook-service-secret" # the example API's
}

target "idp" { base_url = var.base_url }

# The challenge of RFC 7636: the verifier's SHA-256 in base64url.
function "challenge" {
  params = [verifier]
  result = trimsuffix(replace(replace(base64sha256(verifier), "+", "-"), "/", "_"), "=")
}

user "browser" {
  weight   = 3
  lifetime = "iteration" # nobody is signed in already
  wait     = between("50ms", "150ms")

  task "sign_in" {
    set {
      verifier = randstring(64)
      state    = randstring(16)
    }
    group "sign in" {
      # The provider sends the browser to its own form; this redirect is
      # followed …
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
          message   = "the provider did not ask to sign in"
        }
      }
      # … and this one, back to the application, is not: it brings the code.
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
      # The code and its verifier together are worth a token, once.
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
        message   = "the token is of somebody unverified"
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
  users    = 4
  duration = "10s"
}

sla "sign_in" {
  match { groups = ["sign in"] }
  p50 = "1s"
}

sla "all" {
  p95        = "500ms"
  error_rate = "1%"
}
