# What callers may set. Everything else stays as it is here.

variable "pages" {
  type        = number
  default     = 2
  description = "How many pages of products there are to read."

  validation {
    condition     = var.pages >= 1
    error_message = "There has to be at least one page."
  }
}

variable "read_p95" {
  type        = string
  default     = "500ms"
  description = "The limit on the 95th percentile of reading."
}
