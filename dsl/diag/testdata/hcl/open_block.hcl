user "a" {
  weight = 1
