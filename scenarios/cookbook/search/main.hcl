# A search: the words come from a file, the answer is checked against the
# word, and the time the server says it took becomes a figure of its own.

scenario "search" {
  description = "Visitors search for what is in words.csv, and open what they find."
  profile     = "smoke"
}

variable "base_url" {
  description = "Where the service is; by default the example API."
  default     = "example://cookbook"
}

target "api" { base_url = var.base_url }

data "csv" "words" {
  file  = "words.csv"
  types = { limit = number }
  order = "shuffle"
  per   = "iteration" # each search takes the next word
}

metric "server_time" {
  description = "How long the server says that it searched."
  unit        = "s"
}

user "visitor" {
  wait = between("20ms", "80ms")

  task "search" {
    get "/search" {
      tags = ["search"]
      query = {
        q     = data.words.word
        field = ["name", "category"] # a list repeats the parameter
        limit = data.words.limit
      }
      expect {
        condition = response.json.q == data.words.word
        message   = "asked for ${data.words.word}, got an answer about ${response.json.q}"
      }
      expect {
        condition = length(response.json.hits) <= data.words.limit
        message   = "more hits than were asked for"
      }
      record  = { server_time = response.json.took / 1000 } # it says milliseconds
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
  p95        = "500ms"
  error_rate = "1%"
}

sla "read" {
  match { tags = ["read"] }
  p50        = "500ms"
  error_rate = "1%"
}

# What the server needs itself, whatever the network adds.
sla "server" {
  match { metrics = ["server_time"] }
  p50 = "500ms"
}
