# Made-up people, orders and searches, and ids of which some are asked for
# much more often than others. As data sources they have rows, the same for
# everybody who reads row n with one seed; as functions a new value each time.
#
#   module "data" {
#     source = "std/data"
#     ids    = 5000
#   }
#   user "customer" {
#     start {
#       post "/register" { json = module.data.data.people }
#     }
#     get "/products/:id" { params = { id = module::data::popular_id("product-") } }
#   }

variable "ids" {
  type        = number
  default     = 1000
  description = "How many products there are, of which popular ids are drawn: from 1 to this number."
  validation {
    condition     = var.ids >= 1
    error_message = "ids must be at least 1."
  }
}

variable "skew" {
  type        = number
  default     = 1
  description = "The exponent of Zipf's law: how much more often the first ids are asked for. Web pages have about 0.8 to 1; 0 makes all equally likely."
  validation {
    condition     = var.skew >= 0
    error_message = "skew must not be below 0."
  }
}

variable "product" {
  type        = string
  default     = "product-"
  description = "What stands before the number in the id of a product."
}

# People.

function "person" {
  description = "A person: first_name, last_name, name, email, phone, street, city, zip. The number goes into the address of mail, so that different numbers never share one."
  params      = [number]
  result      = named_person(number, fake_first_name(), fake_last_name())
}

function "named_person" {
  private     = true
  description = "The person of a first and a last name, which its other fields repeat."
  params      = [number, first, last]
  result = {
    first_name = first
    last_name  = last
    name       = "${first} ${last}"
    email      = "${replace(lower("${first}.${last}"), "/[^a-z.]/", "")}.${number}@example.com"
    phone      = fake_phone()
    street     = fake_street()
    city       = fake_city()
    zip        = fake_zip()
  }
}

# A person for each user, who keeps it: endless, and each with an address of
# mail of its own.
data "generated" "people" {
  row = {
    number     = each.key
    first_name = fake_first_name()
    last_name  = fake_last_name()
    email      = "person-${each.key}@example.com"
    phone      = fake_phone()
    street     = fake_street()
    city       = fake_city()
    zip        = fake_zip()
  }
}

# Orders.

function "order_line" {
  description = "A line of an order: product, quantity and price. Popular products are ordered more often."
  params      = []
  result = {
    product  = popular_id(var.product)
    quantity = 1 + min(poisson(0.5), 9)
    price    = randint(99, 9999) / 100
  }
}

function "order" {
  description = "An order: its number, the customer, who is a person, and one to three lines."
  params      = [number]
  result = {
    number   = "A-${number}"
    customer = person(number)
    lines    = order_lines()
  }
}

function "order_lines" {
  description = "One to three lines of an order."
  params      = []
  result      = sample([order_line(), order_line(), order_line()], randint(1, 3))
}

# An order for each task.
data "generated" "orders" {
  row = {
    number   = "A-${each.key}"
    customer = person(each.key)
    lines    = order_lines()
  }
  per = "iteration"
}

# Searches.

function "search_text" {
  description = "One to three words that somebody looks for; one word is the most frequent."
  params      = []
  result      = join(" ", sample([fake_word(), fake_word(), fake_word()], tonumber(weighted({ "1" = 5, "2" = 3, "3" = 2 }))))
}

# A search for each task: its text, and the page of the results, of which
# the first is nearly always enough.
data "generated" "searches" {
  row = {
    text = search_text()
    page = zipf(1, 10, 2)
  }
  per = "iteration"
}

# Ids.

function "popular" {
  description = "A number from 1 to ids, small ones the most likely (Zipf's law with the exponent skew)."
  params      = []
  result      = zipf(1, var.ids, var.skew)
}

function "popular_id" {
  description = "An id: a prefix and a popular number."
  params      = [prefix]
  result      = "${prefix}${popular()}"
}
