# A language model that answers word by word. What people feel is the time to
# the first word and the pace of the others, so both have a limit of their own.

scenario "llm" {
  description = "People put questions to a language model and read along."
  profile     = "smoke"
}

# Where the model is served, up to /v1.
variable "base_url" { default = "example://cookbook" }

variable "api_key" {
  default   = "sk-example"
  sensitive = true
}

# How long an answer may get.
variable "max_tokens" { default = 40 }

target "model" {
  base_url = var.base_url
  headers  = { Authorization = "Bearer ${var.api_key}" }
  timeout  = "60s" # for a whole answer
}

metric "first_token" { unit = "s" }
metric "time_per_token" { unit = "s" }
metric "tokens_per_second" {}

user "reader" {
  wait = between("50ms", "150ms")

  post "/v1/chat/completions" {
    query = { first_ms = 40, gap_ms = 4 } # how fast the example's model is; yours takes no such query
    json = {
      model      = "tiny"
      stream     = true
      max_tokens = var.max_tokens
      messages   = [{ role = "user", content = pick(["Tell me a story.", "What is a virtual user?"]) }]
    }
    stream {
      until = event.data == "[DONE]"
      idle  = "5s" # a model that falls silent has failed
    }
    expect {
      condition = response.stream.events == var.max_tokens + 2 # a word each, the reason for the end, and [DONE]
      message   = "an answer of ${response.stream.events - 2} words"
    }
    record = {
      first_token       = response.stream.first
      time_per_token    = (response.stream.total - response.stream.first) / (var.max_tokens - 1)
      tokens_per_second = var.max_tokens / response.stream.total
    }
  }
}

profile "smoke" {
  users    = 4
  duration = "10s"
}

profile "baseline" {
  users      = 40
  spawn_rate = 4
  duration   = "10m"
}

sla "answers" {
  match { requests = ["*"] }
  p95                 = "5s"
  error_rate          = "1%"
  received_per_second = 20
}

sla "first_token" {
  match { requests = ["*"] }
  measure = "first_event"
  p95     = "2s"
}

sla "pauses" {
  match { requests = ["*"] }
  measure = "gap"
  p99     = "500ms"
}

sla "pace" {
  match { metrics = ["time_per_token"] }
  p95 = "100ms"
}
