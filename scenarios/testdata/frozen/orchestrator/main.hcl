# Automation Orchestrator: the traffic that its stress guide describes.

scenario "orchestrator" {
  description = "Operators of a workflow service, with the mix of the team's traffic table."
  profile     = "light"
}

variable "base_url" {
  type        = string
  default     = "example://orchestrator"
  description = "The service's address, such as http://localhost:8000."
}

variable "email" {
  type    = string
  default = "load@example.com"
}

variable "password" {
  type      = string
  default   = "throng-example"
  sensitive = true
}

target "api" {
  base_url = var.base_url
  headers  = { Accept = "application/json" }
  timeout  = "10s"
}

user "operator" {
  wait    = between("1s", "3s")
  headers = { Authorization = "Bearer ${session.token}" }

  start {
    post "/api/auth/login" {
      tags    = ["login"]
      json    = { email = var.email, password = var.password }
      capture = { token = response.json.access_token }
    }

    # Something of one's own to look at, change and execute.
    post "/api/workflows" {
      name = "first workflow"
      tags = ["start"]
      json = { name = "wf-${user.index}", steps = [{ kind = "http", retries = 1 }] }
      expect { status = 201 }
      capture = { workflow = response.json.id }
    }
    post "/api/leads" {
      name = "first lead"
      tags = ["start"]
      json = { email = "lead-${user.index}@example.com", name = "Lead ${user.index}" }
      expect { status = 201 }
      capture = { lead = response.json.id }
    }
    get "/api/campaigns" {
      name    = "campaigns at start"
      tags    = ["start"]
      capture = { campaign = response.json.items[0].id }
    }
  }

  # The traffic table. The weights sum to 61; `throng plan` shows them as the
  # percentages they are.
  get "/health" {
    weight = 5
    tags   = ["health"]
  }
  get "/health/detailed" {
    weight = 2
    tags   = ["health"]
  }
  get "/metrics" {
    weight  = 1
    tags    = ["health"]
    headers = { Accept = "text/plain" }
  }
  get "/api/auth/me" {
    weight = 3
    tags   = ["read"]
  }
  get "/api/auth/keys" {
    weight = 1
    tags   = ["read"]
  }
  get "/api/workflows" {
    weight = 10
    tags   = ["read"]
  }
  get "/api/workflows/:id/status" {
    weight = 5
    tags   = ["read"]
    params = { id = session.workflow }
  }
  post "/api/workflows" {
    weight = 3
    tags   = ["write"]
    json   = { name = "wf-${randstring(8)}", steps = [{ kind = "http", retries = randint(0, 3) }] }
    expect { status = 201 }
    capture = { workflow = response.json.id }
  }
  put "/api/workflows/:id" {
    weight = 2
    tags   = ["write"]
    params = { id = session.workflow }
    json   = { name = "wf-${randstring(8)}", description = "changed under load" }
  }
  post "/api/workflows/:id/execute" {
    weight = 4
    tags   = ["write"]
    params = { id = session.workflow }
    expect {
      status    = [200, 202]
      condition = response.json.state != "failed"
      message   = "the execution failed at once"
    }
  }
  get "/api/leads" {
    weight = 8
    tags   = ["read"]
    query  = { page = randint(1, 5), limit = 20 }
  }
  post "/api/leads" {
    weight = 3
    tags   = ["write"]
    json   = { email = "${randstring(10)}@example.com", name = "Lead", source = pick(["web", "fair", "call"]) }
    expect { status = 201 }
    capture = { lead = response.json.id }
  }
  get "/api/leads/:id" {
    weight = 2
    tags   = ["read"]
    params = { id = session.lead }
  }
  get "/api/campaigns" {
    weight = 6
    tags   = ["read"]
  }
  get "/api/campaigns/:id/metrics" {
    weight = 2
    tags   = ["read"]
    params = { id = session.campaign }
  }
  get "/api/nonexistent" {
    weight = 1
    tags   = ["errors"]
    expect { status = 404 }
  }
  get "/docs" {
    weight = 2
    tags   = ["docs"]
  }
  get "/openapi.json" {
    weight = 1
    tags   = ["docs"]
  }
}
