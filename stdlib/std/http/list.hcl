# Lists, page by page to their end. Each task counts the pages that it has
# seen in session.walked. A page that fails ends the task, and so does a list
# that has more than most_pages: as failed.

task "walk_links" {
  description = "Walks through a list whose pages say where the next one is: in a Link header with rel=next, in a field of a JSON answer, or in a link of an HTML page with rel=next. Ends at the page that says none."
  input "url" {
    type        = string
    description = "The first page."
  }
  input "field" {
    type        = string
    default     = ""
    description = "Where a JSON answer tells the next page's address, as a path of gjson: \"links.next\". Empty: it does not."
  }

  set {
    walk_next = input.url
    walked    = 0
  }
  repeat {
    while = session.walk_next != null
    max   = var.most_pages
    get "/*list" {
      name       = local.row["next page"]
      url        = session.walk_next
      on_failure = "task"
      capture = {
        walked = session.walked + 1
        walk_next = try(coalesce(
          try(regex("<([^>]+)>[^,<]*;\\s*rel=\"?next\"?", response.headers.Link)[0], null),
          input.field == "" ? null : gjson(response.body, input.field),
          css(response.html, "a[rel=next][href], link[rel=next][href]", "href"),
        ), null)
      }
    }
    pause { for = exponential(var.think) }
  }
}

task "walk_cursors" {
  description = "Walks through a list whose answers hold a cursor, which asks for the next page. Ends at the answer without one."
  input "url" {
    type        = string
    description = "The first page."
  }
  input "next_url" {
    type        = string
    default     = ""
    description = "What the cursor is added to, where that is not the first page's address."
  }
  input "parameter" {
    type        = string
    default     = "cursor"
    description = "The query parameter that takes the cursor."
  }
  input "field" {
    type        = string
    default     = "next"
    description = "Where an answer holds the cursor, as a path of gjson."
  }

  set {
    walk_cursor = ""
    walk_next   = input.url
    walked      = 0
  }
  repeat {
    until = session.walk_cursor == ""
    max   = var.most_pages
    get "/*list" {
      name       = local.row["next page"]
      url        = session.walk_next
      on_failure = "task"
      capture = {
        walked      = session.walked + 1
        walk_cursor = try(coalesce(tostring(gjson(response.body, input.field))), "")
      }
    }
    set { walk_next = with_parameter(input.next_url == "" ? input.url : input.next_url, input.parameter, session.walk_cursor) }
    pause { for = exponential(var.think) }
  }
}

task "walk_numbers" {
  description = "Walks through a list by numbers of pages, or by offsets, until a page is empty."
  input "url" {
    type        = string
    description = "The list, without the number."
  }
  input "parameter" {
    type        = string
    default     = "page"
    description = "The query parameter that takes the number."
  }
  input "first" {
    type        = number
    default     = 1
    description = "The number of the first page."
  }
  input "step" {
    type        = number
    default     = 1
    description = "By how much the number grows: with offsets the size of a page."
  }
  input "field" {
    type        = string
    default     = "items"
    description = "Where an answer holds the list, as a path of gjson. Empty: the answer is the list."
  }

  set {
    walk_number = input.first
    walked      = 0
  }
  repeat {
    until = session.walk_items == 0
    max   = var.most_pages
    get "/*list" {
      name       = local.row["next page"]
      url        = with_parameter(input.url, input.parameter, session.walk_number)
      on_failure = "task"
      capture = {
        walked     = session.walked + 1
        walk_items = gjson(response.body, input.field == "" ? "#" : "${input.field}.#")
      }
    }
    set { walk_number = session.walk_number + input.step }
    pause { for = exponential(var.think) }
  }
}
