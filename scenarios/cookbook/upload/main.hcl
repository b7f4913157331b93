# Uploads: a form with a file, a raw body from a file, a large generated one.

scenario "upload" {
  description = "Clients upload a picture, a document and a block of bytes."
  profile     = "smoke"
}

variable "base_url" { default = "example://cookbook" }

target "api" {
  base_url = var.base_url
  timeout  = "30s"
}

user "client" {
  wait = between("100ms", "300ms")

  post "/uploads" {
    weight = 3
    part "picture" { file = "picture.svg" }
    part "album" { value = "holiday ${user.index}" }
    part "tags" { value = ["sea", "sun"] }
    expect {
      condition = response.json.parts[0].sha256 == filesha256("picture.svg")
      message   = "the picture arrived changed"
    }
  }

  post "/uploads/raw" {
    name      = "document"
    weight    = 2
    body_file = "document.txt"
    expect {
      condition = response.json.sha256 == filesha256("document.txt")
    }
  }

  post "/uploads/raw" {
    name      = "large"
    weight    = 1
    body_size = "2MiB"
    expect {
      condition = response.json.size == 2 * 1024 * 1024
    }
  }
}

profile "smoke" {
  users    = 3
  duration = "10s"
}

sla "small" {
  match { requests = ["POST /uploads", "document"] }
  p50        = "300ms"
  error_rate = "1%"
}

sla "large" {
  match { requests = ["large"] }
  p50        = "3s"
  error_rate = "1%"
}
