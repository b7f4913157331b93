# How long people think between two requests. Call a function where a wait
# or a pause stands, or use the user of the same name for its wait.
#
#   module "think" { source = "std/think" }
#   user "reader" {
#     wait = module::think::human()
#     get "/articles" {}
#   }
#
# Real think times have a long tail. A draw of many minutes would silence a
# user for the rest of a short run, so every length here has an end.

variable "mean" {
  type        = string
  default     = "5s"
  description = "The mean of uniform, normal, lognormal and exponential think times, and the time from task to task of pacing."
  validation {
    condition     = seconds(var.mean) > 0
    error_message = "mean must be above 0."
  }
}

variable "longest" {
  type        = string
  default     = "5m"
  description = "No think time is longer: what is drawn beyond it is cut off."
  validation {
    condition     = seconds(var.longest) >= seconds(var.mean)
    error_message = "longest must not be below mean."
  }
}

# Models with their parameters written out. They are starting points: where
# you have the logs of your own users, fit a law by name, below, to them.
#
# human has many short pauses and few long ones. The logarithm of a draw is
# normal with mean m = -0.4952 and deviation s = 2.7731 (of seconds), so its
# mean and deviation are e^(m + s²/2) = 28.498 s and
# 28.498 s × √(e^(s²) - 1) = 1332.3 s. Half of the draws are below 0.61 s,
# one in four is above 3.9 s, one in twenty above 58 s.

function "human" {
  description = "A pause of somebody who browses: mostly a moment, now and then minutes (log-normal: half below 0.6 s, one in twenty above 58 s)."
  params      = []
  result      = min(lognormal("28498ms", "1332285ms"), seconds(var.longest))
}

function "shopper" {
  description = "A pause of somebody who shops: exponential with mean 7 s, cut off at 70 s."
  params      = []
  result      = min(exponential("7s"), 70)
}

function "reader" {
  description = "The time somebody reads a page: exponential with mean 30 s."
  params      = []
  result      = min(exponential("30s"), seconds(var.longest))
}

# By law, with a mean of your own.

function "uniform" {
  description = "From half of a mean to one and a half of it, all equally likely."
  params      = [mean]
  result      = between(seconds(mean) / 2, min(1.5 * seconds(mean), seconds(var.longest)))
}

function "bounded_normal" {
  description = "Around a mean, with a deviation of a quarter of it (normal)."
  params      = [mean]
  result      = min(normal(mean, seconds(mean) / 4), seconds(var.longest))
}

function "bounded_lognormal" {
  description = "Around a mean, with a deviation as large as it and a long tail (log-normal)."
  params      = [mean]
  result      = min(lognormal(mean, mean), seconds(var.longest))
}

function "bounded_exponential" {
  description = "As between independent events, with a mean (exponential), and at most ten times as long."
  params      = [mean]
  result      = min(exponential(mean), 10 * seconds(mean), seconds(var.longest))
}

# The same as users to build on, for the time between tasks.

user "human" {
  abstract    = true
  description = "Waits as somebody who browses: human()."
  wait        = human()
}

user "shopper" {
  abstract    = true
  description = "Waits as somebody who shops: shopper()."
  wait        = shopper()
}

user "reader" {
  abstract    = true
  description = "Waits as somebody who reads: reader()."
  wait        = reader()
}

user "uniform" {
  abstract    = true
  description = "Waits from half of the mean to one and a half of it, all equally likely."
  wait        = uniform(var.mean)
}

user "normal" {
  abstract    = true
  description = "Waits around the mean, with a deviation of a quarter of it."
  wait        = bounded_normal(var.mean)
}

user "lognormal" {
  abstract    = true
  description = "Waits around the mean, now and then much longer."
  wait        = bounded_lognormal(var.mean)
}

user "exponential" {
  abstract    = true
  description = "Waits as between independent events, with the mean."
  wait        = bounded_exponential(var.mean)
}

user "pacing" {
  abstract    = true
  description = "Starts a task each time the mean has passed, however long the last one took."
  wait        = pacing(var.mean)
}
