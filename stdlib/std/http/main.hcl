# What clients of web services do again and again: check health, load pages
# with all that belongs to them, follow links, walk through lists page by
# page, and ask until something is done.
#
#   module "http" { source = "std/http" }
#   user "visitor" {
#     wait = "5s"
#     task "front_page" {
#       call "page_load" {
#         use  = module.http.task.page_load
#         with = { url = "/" }
#       }
#     }
#   }
#
# An address that a task is given is a path from the host's root, such as
# /articles?page=1, or a whole address of a declared target. Requests go to
# the target of whoever uses the task, or of the call's task.

variable "name" {
  type        = string
  default     = ""
  description = "Stands before the names of all rows, such as \"catalogue\" in \"catalogue page\": tells uses of this library apart."
}

variable "probes" {
  type = list(object({ path = string, weight = optional(number, 1) }))
  default = [
    { path = "/health", weight = 10 },
    { path = "/health/ready", weight = 5 },
    { path = "/health/live", weight = 5 },
  ]
  description = "What health_checker asks for: paths, and how often each is asked for beside the others."
  validation {
    condition     = length(var.probes) > 0 && alltrue([for p in var.probes : startswith(p.path, "/")])
    error_message = "probes must hold at least one path, and a path begins with a slash."
  }
}

variable "start" {
  type        = string
  default     = "/"
  description = "The address where crawler and visitor begin."
}

variable "pages" {
  type        = number
  default     = 20
  description = "How many pages crawler visits each time at most."
  validation {
    condition     = var.pages >= 1 && var.pages <= 200
    error_message = "pages must be from 1 to 200."
  }
}

variable "think" {
  type        = string
  default     = "0s"
  description = "The mean pause between two pages of a crawl or a walk through a list, exponentially distributed."
}

variable "parallel" {
  type        = number
  default     = 6
  description = "How many assets of a page are loaded at once: browsers open six connections to a host over HTTP/1.1."
}

variable "most_pages" {
  type        = number
  default     = 1000
  description = "A list with more pages fails the task that walks through it."
}

variable "most_polls" {
  type        = number
  default     = 60
  description = "A poll that is not through after so many rounds fails its task."
}
