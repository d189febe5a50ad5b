variable "sizes" { type = map(number) }
output "doubled" { value = { for k, v in var.sizes : upper(k) => v * 2 } }
