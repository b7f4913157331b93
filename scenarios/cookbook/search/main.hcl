# A search whose words come from a file, with repeated query parameters.

scenario "search" {
  description = "Visitors search for what is in words.csv, and open what they find."
  profile     = "smoke"
}

variable "base_url" { default = "example://cookbook" }

target "api" { base_url = var.base_url }

data "csv" "words" {
  file  = "words.csv"
  types = { weight = number }
  order = "shuffle"
  per   = "iteration"
}

metric "server_time" { unit = "s" }

user "visitor" {
  wait = between("20ms", "80ms")

  task "search" {
    get "/search" {
      tags  = ["search"]
      query = { q = data.words.word, field = ["name", "category"], limit = data.words.weight }
      expect {
        condition = response.json.q == data.words.word
        message   = "asked for ${data.words.word}, got ${response.json.q}"
      }
      record  = { server_time = response.json.took / 1000 }
      capture = { hits = response.json.hits[*].id }
    }
    when {
      condition = length(session.hits) > 0
      get "/products/:id" {
        tags   = ["read"]
        params = { id = pick(session.hits) }
      }
    }
  }
}

profile "smoke" {
  users    = 4
  duration = "10s"
}

sla "search" {
  match { tags = ["search"] }
  p95        = "300ms"
  error_rate = "1%"
}

sla "server" {
  match { metrics = ["server_time"] }
  p50 = "100ms"
}
