# Programs that sign in: OAuth2 client credentials, and API keys.

variable "token_url" {
  type        = string
  default     = "/oauth/token"
  description = "Where OAuth2 tokens are fetched: a path on the target, or an address of another declared target."
}

variable "client_id" {
  type        = string
  default     = ""
  description = "The OAuth2 client."
}

variable "client_secret" {
  type        = string
  default     = ""
  sensitive   = true
  description = "The client's secret."
}

variable "scopes" {
  type        = list(string)
  default     = []
  description = "The OAuth2 scopes that are asked for."
}

variable "token_per" {
  type        = string
  default     = "run"
  description = "Whether all users share one OAuth2 token (\"run\"), or each has its own (\"user\")."
}

variable "key" {
  type        = string
  default     = ""
  sensitive   = true
  description = "The API key."
}

variable "key_header" {
  type        = string
  default     = "X-API-Key"
  description = "The header that carries the API key."
}

variable "key_parameter" {
  type        = string
  default     = "key"
  description = "The query parameter that carries it, for services that want it there."
}

user "oauth2" {
  abstract    = true
  description = "Sends an OAuth2 token, which is fetched with client credentials, and renewed before it expires and when it is refused."
  auth "oauth2" {
    token_url     = var.token_url
    client_id     = var.client_id
    client_secret = var.client_secret
    scopes        = var.scopes
    per           = var.token_per
  }
}

user "api_key" {
  abstract    = true
  description = "Sends an API key in a header."
  auth "api_key" {
    header = var.key_header
    value  = var.key
  }
}

user "api_key_in_query" {
  abstract    = true
  description = "Sends an API key as a query parameter."
  auth "api_key" {
    query = var.key_parameter
    value = var.key
  }
}
