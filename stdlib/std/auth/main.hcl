# Signing in: with a token that wears out, through a page with a form, with
# OAuth2 or with an API key. Build a user on one of the users below, or call
# the tasks from a start of your own.
#
#   module "auth" {
#     source   = "std/auth"
#     login    = "/auth/login"
#     username = "load-{index}@example.com"
#     password = var.password
#   }
#   user "member" {
#     use = module.auth.user.token
#     get "/me" {}
#   }

variable "username" {
  type        = string
  default     = "user-{index}@example.com"
  description = "Who signs in. {index} stands for the user's number, so that each is somebody else."
}

variable "password" {
  type        = string
  default     = ""
  sensitive   = true
  description = "Everybody's password."
}

variable "login" {
  type        = string
  default     = "/login"
  description = "The path that signs in, and where the form of a page leads."
  validation {
    condition     = startswith(var.login, "/")
    error_message = "login is a path, which begins with a slash."
  }
}

variable "username_field" {
  type        = string
  default     = "email"
  description = "What the username is called in the login's JSON or form."
}

variable "password_field" {
  type        = string
  default     = "password"
  description = "What the password is called there."
}

function "username_of" {
  description = "The username of the user with a number."
  params      = [index]
  result      = replace(var.username, "{index}", index)
}
