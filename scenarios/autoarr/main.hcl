# AutoArr: the users of the team's load testing guide.

scenario "autoarr" {
  description = "Dashboards, browsing people and administrators of a media automation service."
  profile     = "baseline"
}

variable "base_url" {
  type        = string
  default     = "example://autoarr"
  description = "The service's address, such as http://localhost:8088."
}

variable "api_key" {
  type        = string
  default     = "throng-example-key"
  sensitive   = true
  description = "An API key of the service."
}

target "api" {
  base_url = var.base_url
  headers  = { Accept = "application/json", X-API-Key = var.api_key }
  timeout  = "30s"
}

# 40 %: monitoring dashboards and health checkers.
module "http" {
  source = "std/http"
}
user "health_check" {
  use    = module.http.user.health_checker
  weight = 40
}

# 30 %: dashboards that follow the downloads.
user "monitoring" {
  weight = 30
  wait   = between("3s", "8s")
  tags   = ["read"]

  get "/api/v1/downloads/queue" { weight = 10 }
  get "/api/v1/downloads/history" { weight = 5 }
  get "/api/v1/activity" { weight = 4 }
  get "/api/v1/logs" {
    weight = 2
    query  = { limit = 50 }
  }
}

# 20 %: people who look around.
user "browsing" {
  weight = 20
  wait   = between("4s", "10s")
  tags   = ["read"]

  get "/api/v1/shows" {
    weight = 10
    query  = { page = randint(1, 3) }
  }
  get "/api/v1/movies" {
    weight = 8
    query  = { page = randint(1, 3) }
  }
  get "/api/v1/media" { weight = 5 }
}

# 10 %: administration.
user "configuration_audit" {
  weight = 4
  wait   = between("10s", "20s")

  task "audit" {
    weight = 2
    post "/api/v1/config/audit" {
      tags    = ["slow"]
      capture = { audit = response.json.id }
    }
    pause { for = between("500ms", "2s") }
    get "/api/v1/config/audit/:id" {
      tags   = ["read"]
      params = { id = session.audit }
    }
  }
  get "/api/v1/config/audit/history" {
    weight = 3
    tags   = ["read"]
  }
}

user "content_request" {
  weight = 3
  wait   = between("15s", "30s")

  post "/content/request" {
    weight = 2
    tags   = ["slow"]
    json   = { query = pick(["the expanse", "arrival", "dark", "dune"]) }
    expect { status = [200, 201, 202] }
  }
  get "/content/requests" {
    weight = 3
    tags   = ["read"]
  }
}

user "admin" {
  weight = 3
  wait   = between("20s", "40s")

  get "/api/v1/settings" {
    weight = 5
    tags   = ["read"]
  }
  get "/api/v1/settings/:service" {
    weight = 3
    tags   = ["read"]
    params = { service = pick(["sabnzbd", "sonarr", "radarr", "plex"]) }
  }
  put "/api/v1/settings" {
    weight = 1
    tags   = ["write"]
    json   = { theme = pick(["dark", "light"]) }
  }
  post "/api/v1/settings/test/:service" {
    weight = 2
    tags   = ["write"]
    params = { service = pick(["sabnzbd", "sonarr", "radarr", "plex"]) }
  }
}

# One newcomer at a time, beside the others.
user "onboarding" {
  fixed_count = 1
  wait        = between("1s", "3s")
  tags        = ["write"]
  headers     = { X-API-Key = null, Authorization = "Bearer ${session.token}" }

  start {
    post "/api/v1/auth/login" {
      json    = { email = "new-${user.index}@example.com", password = randstring(12) }
      capture = { token = response.json.access_token }
    }
  }

  # The steps in their order, as the service demands.
  sequence "onboarding" {
    get "/api/v1/onboarding/status" { tags = ["read"] }
    task "welcome" {
      post "/api/v1/onboarding/step" { json = { step = "welcome" } }
    }
    task "services" {
      post "/api/v1/onboarding/step" { json = { step = "services" } }
    }
    task "library" {
      post "/api/v1/onboarding/step" { json = { step = "library" } }
    }
    task "preferences" {
      post "/api/v1/onboarding/step" { json = { step = "preferences" } }
    }
    task "finish" {
      post "/api/v1/onboarding/step" { json = { step = "finish" } }
    }
  }
}
