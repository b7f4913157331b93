# A load test: who uses the system, what they do, how many of them there are,
# and how fast the answers have to be.
#
#   throng validate DIR                    is it right?
#   throng plan DIR                        what would happen?
#   throng run DIR                         make it happen, and judge it
#   throng run DIR --profile baseline      the same under more load
#
# It runs as it is, against an example shop that throng brings along. To test a
# system of your own, set base_url below and replace the requests.

scenario "NAME" {
  profile = "smoke" # what `throng run` does unless --profile says otherwise
}

# An input. Others can set it without touching this file:
#   throng run DIR --var base_url=https://staging.example.com
variable "base_url" {
  type        = string
  default     = "example://quickstart" # or "https://shop.example.com"
  description = "The address of the system under test."
}

# The system under test.
target "api" {
  base_url = var.base_url
  timeout  = "10s" # a request without an answer by then has failed
}

# A kind of user. Each of them does one task after another, here: one of the
# requests below, picked by weight, and then a pause.
user "visitor" {
  wait = between("100ms", "300ms")

  get "/products" {
    weight = 3 # three of four visits look at the list,
    tags   = ["read"]
    query  = { page = randint(1, 2) }
  }

  get "/products/:id" {
    weight = 1 # and one looks at a product
    tags   = ["read"]
    params = { id = "product-${randint(1, 20)}" } # what :id above stands for

    expect {
      status    = 200
      condition = response.json.price > 0
      message   = "a product without a price"
    }
  }
}

# How much load, and for how long. First a little, to see that all is well.
profile "smoke" {
  users    = 10
  duration = "15s"
}

profile "baseline" {
  users      = 50
  spawn_rate = 5 # users started a second
  duration   = "5m"
}

# What the answers have to be like. A broken limit fails the run (exit 99), so
# that a pipeline stops; `throng plan` shows which limits a profile can prove.
sla "reading" {
  match { tags = ["read"] }
  p95        = "500ms" # 95 of 100 answers come within that
  error_rate = "1%"
}
