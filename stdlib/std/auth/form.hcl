# A session cookie, by a page with a form. Cookies are kept as a browser does.

variable "page" {
  type        = string
  default     = "/login"
  description = "The page that holds the form."
}

variable "form" {
  type        = string
  default     = "form:has(input[type=password])"
  description = "The form on that page, as a CSS selector."
}

variable "csrf" {
  type        = string
  default     = "meta[name=csrf-token]"
  description = "Where a page without a form holds its CSRF token, as a CSS selector."
}

variable "csrf_attribute" {
  type        = string
  default     = "content"
  description = "The attribute of that element that is the token."
}

variable "csrf_field" {
  type        = string
  default     = "csrf"
  description = "What the token is called in the form that is sent."
}

task "form_login" {
  description = "Opens the page and sends its form as a browser does: hidden fields, such as a CSRF token, go with it as they stand. A refused login is a failed request, and so is one that leads back to the form."
  tags        = ["auth"]
  input "username" {
    type        = string
    description = "Who signs in."
  }
  input "password" {
    type        = string
    description = "The password."
  }

  dynamic "get" {
    for_each = [var.page]
    labels   = [get.value]
    content { on_failure = "task" }
  }
  dynamic "submit" {
    for_each = [var.login]
    labels   = [submit.value]
    content {
      form   = var.form
      fields = { (var.username_field) = input.username, (var.password_field) = input.password }
      expect {
        condition = css(response.html, var.form) == null
        message   = "the login led back to its form"
      }
    }
  }
}

task "csrf_login" {
  description = "Opens the page, reads the CSRF token that its scripts would read, and sends it with username and password. A page without a token fails, and so does a refused login."
  tags        = ["auth"]
  input "username" {
    type        = string
    description = "Who signs in."
  }
  input "password" {
    type        = string
    description = "The password."
  }
  input "fields" {
    type        = map(string)
    default     = {}
    description = "Further fields of the form, such as { remember = \"yes\" }."
  }

  dynamic "get" {
    for_each = [var.page]
    labels   = [get.value]
    content {
      on_failure = "task"
      capture    = { csrf = css(response.html, var.csrf, var.csrf_attribute) }
    }
  }
  dynamic "post" {
    for_each = [var.login]
    labels   = [post.value]
    content {
      headers = { Content-Type = "application/x-www-form-urlencoded" }
      body = join("&", [
        for name, value in merge(input.fields, {
          (var.csrf_field)     = session.csrf
          (var.username_field) = input.username
          (var.password_field) = input.password
        }) : "${urlencode(name)}=${urlencode(value)}"
      ])
    }
  }
}

user "cookie" {
  abstract    = true
  description = "Signs in once through the form of a page, and has a session cookie from then on."
  start {
    call "form_login" { with = { username = username_of(user.index), password = var.password } }
  }
}
