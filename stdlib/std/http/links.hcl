# Addresses in pages and answers.

function "site_of" {
  private     = true
  description = "The scheme and host that an address begins with."
  params      = [address]
  result      = regex("^https?://[^/?#]*", address)
}

function "absolute" {
  private     = true
  description = "A link on a page as a whole address without a fragment. at is the page's address, without its query and fragment."
  params      = [at, link]
  result = split("#",
    can(regex("^(?i)https?://", link)) ? link :
    startswith(link, "//") ? "${regex("^https?:", at)}${link}" :
    startswith(link, "/") ? "${site_of(at)}${link}" :
    startswith(link, "?") ? "${at}${link}" :
    "${site_of(at)}${try(regex("^https?://[^/]*(/.*/)", at)[0], "/")}${link}"
  )[0]
}

function "leads_on" {
  private     = true
  description = "Whether a link leads to another page or file: mailto: and the like do not, nor do links within the page."
  params      = [link]
  result = link != "" && !startswith(link, "#") && (
    can(regex("^(?i)https?://", link)) || !can(regex("^(?i)[a-z][a-z0-9+.-]*:", link))
  )
}

function "within_site" {
  private     = true
  description = "Those of a page's links that stay on its site, as whole addresses, each once."
  params      = [page, links]
  result = [
    for address in distinct([
      for link in links : absolute(regex("^[^?#]*", page), trimspace(link)) if leads_on(trimspace(link))
    ]) : address if startswith("${address}/", "${site_of(page)}/")
  ]
}

function "with_parameter" {
  private     = true
  description = "An address with one more query parameter."
  params      = [address, name, value]
  result      = "${address}${strcontains(address, "?") ? "&" : "?"}${urlencode(name)}=${urlencode(value)}"
}

locals {
  # The names of the rows.
  row = { for what in ["page", "asset", "next page", "poll"] : what => trimspace("${var.name} ${what}") }
}
