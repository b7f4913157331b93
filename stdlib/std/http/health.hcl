# Who asks whether a service is well.

user "health_checker" {
  abstract    = true
  description = "A monitor or load balancer: asks for the probes every two to five seconds. Its requests have the tag health."
  wait        = between("2s", "5s")
  tags        = ["health"]

  dynamic "get" {
    for_each = var.probes
    iterator = probe
    labels   = [probe.value.path]
    content { weight = probe.value.weight }
  }
}
