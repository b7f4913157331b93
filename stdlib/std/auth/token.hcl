# A token that an API hands out as JSON, and renews.

variable "refresh" {
  type        = string
  default     = "/auth/refresh"
  description = "The path that gives new tokens for a refresh token."
}

variable "token_field" {
  type        = string
  default     = "access_token"
  description = "Where an answer holds the token, as a path of gjson."
}

variable "refresh_field" {
  type        = string
  default     = "refresh_token"
  description = "Where an answer holds the refresh token, as a path of gjson, and what it is called in the JSON that sends it."
}

variable "expires_field" {
  type        = string
  default     = "expires_in"
  description = "Where an answer tells how many seconds a token is good for, as a path of gjson. A token of which nothing is told is good for an hour."
}

variable "spare" {
  type        = string
  default     = "30s"
  description = "A token is renewed when no more than this is left of its time."
}

task "login" {
  description = "Signs in with JSON and keeps the token as session.token. A login that is refused, or answers without a token, is a failed request; in a start it ends the user."
  tags        = ["auth"]
  input "username" {
    type        = string
    description = "Who signs in."
  }
  input "password" {
    type        = string
    description = "The password."
  }

  dynamic "post" {
    for_each = [var.login]
    labels   = [post.value]
    content {
      headers = { Authorization = null }
      json    = { (var.username_field) = input.username, (var.password_field) = input.password }
      capture = {
        token         = gjson(response.body, var.token_field)
        refresh_token = try(gjson(response.body, var.refresh_field), null)
        token_until   = unixtime() + try(coalesce(gjson(response.body, var.expires_field)), 3600)
      }
    }
  }
}

task "refresh" {
  description = "Exchanges the refresh token of the login for new tokens. The old token is not sent."
  tags        = ["auth"]

  dynamic "post" {
    for_each = [var.refresh]
    labels   = [post.value]
    content {
      headers = { Authorization = null }
      json    = { (var.refresh_field) = session.refresh_token }
      capture = {
        token         = gjson(response.body, var.token_field)
        refresh_token = try(gjson(response.body, var.refresh_field), session.refresh_token)
        token_until   = unixtime() + try(coalesce(gjson(response.body, var.expires_field)), 3600)
      }
    }
  }
}

task "stay_signed_in" {
  description = "Renews the token if its time is nearly over, and else does nothing: to call before what needs a token."
  when {
    condition = session.token_until - unixtime() <= seconds(var.spare)
    call "refresh" {}
  }
}

user "token" {
  abstract    = true
  description = "Signs in once, and sends its token as a bearer token from then on. Call stay_signed_in where a run outlasts a token."
  headers     = { Authorization = "Bearer ${session.token}" }
  start {
    call "login" { with = { username = username_of(user.index), password = var.password } }
  }
}
