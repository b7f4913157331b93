# Uploads in three forms: a form with a file, a body from a file, and a large
# body made of nothing but size. The answers tell the sum of what arrived, so
# that a picture that arrives changed is an error, not a success.

scenario "upload" {
  description = "Clients upload a picture, a document and a block of bytes."
  profile     = "smoke"
}

variable "base_url" {
  description = "Where the service is; by default the example API."
  default     = "example://cookbook"
}

target "api" {
  base_url = var.base_url
  timeout  = "30s" # large bodies take their time
}

user "client" {
  wait = between("100ms", "300ms")

  # multipart/form-data, as a browser's form sends it
  post "/uploads" {
    weight = 3
    part "picture" { file = "picture.svg" }
    part "album" { value = "holiday ${user.index}" }
    part "tags" { value = ["sea", "sun"] } # two parts of one name
    expect {
      condition = response.json.parts[0].sha256 == filesha256("picture.svg")
      message   = "the picture arrived changed"
    }
    expect {
      condition = length(response.json.parts) == 4
      message   = "the form arrived with ${length(response.json.parts)} parts"
    }
  }

  post "/uploads/raw" {
    name      = "document"
    weight    = 2
    headers   = { Content-Type = "text/plain; charset=utf-8" }
    body_file = "document.txt"
    expect {
      condition = response.json.sha256 == filesha256("document.txt")
      message   = "the document arrived changed"
    }
  }

  post "/uploads/raw" {
    name      = "large"
    weight    = 1
    body_size = "2MiB"
    expect {
      condition = response.json.size == 2 * 1024 * 1024
      message   = "${response.json.size} bytes arrived"
    }
  }
}

profile "smoke" {
  users    = 3
  duration = "10s"
}

sla "small" {
  match { requests = ["POST /uploads", "document"] }
  p50        = "500ms"
  error_rate = "1%"
}

sla "large" {
  match { requests = ["large"] }
  p50        = "3s"
  error_rate = "1%"
}
