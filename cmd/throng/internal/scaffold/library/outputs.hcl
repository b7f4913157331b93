# Values for callers, read as module.IDENT.page_count.

output "page_count" {
  value       = var.pages
  description = "How many pages of products there are to read."
}
