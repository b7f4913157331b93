# What takes a while, asked about until it is done.

task "poll" {
  description = "Asks until a field of a JSON answer says that it is done; session.poll_state is then what it said. An answer that tells a failure, that fails itself or has no such field ends the task. What is not done after most_polls rounds fails it."
  input "url" {
    type        = string
    description = "The address to ask."
  }
  input "field" {
    type        = string
    default     = "state"
    description = "The field that tells, as a path of gjson."
  }
  input "done" {
    type        = list(string)
    default     = ["done"]
    description = "What the field says when it is done."
  }
  input "failed" {
    type        = list(string)
    default     = ["failed"]
    description = "What the field says when it never will be."
  }
  input "every" {
    type        = string
    default     = "1s"
    description = "The time from one question to the next."
  }

  repeat {
    until = contains(input.done, session.poll_state)
    max   = var.most_polls
    every = input.every
    get "/*poll" {
      name       = local.row["poll"]
      url        = input.url
      on_failure = "task"
      expect {
        condition = !contains(input.failed, tostring(gjson(response.body, input.field)))
        message   = "${input.url} says that it is ${gjson(response.body, input.field)}"
      }
      capture = { poll_state = tostring(gjson(response.body, input.field)) }
    }
  }
}
