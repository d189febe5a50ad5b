variable "env" { default = "prod" }
locals {
  memory = {
    dev  = 128
    prod = 1024
  }
  name = <<-EOT
    ${var.env}-%{ if var.env == "prod" }main%{ else }side%{ endif }
  EOT
}
resource "aws_lambda_function" "f" {
  function_name = trimspace(local.name)
  memory_size   = lookup(local.memory, var.env, 256)
  timeout       = var.env == "prod" ? 30 : "5"
  handler       = format("%s.%03d", var.env, 7)
  runtime       = element(split(",", "python3.11,python3.12"), length(var.env) - 3)
}
resource "aws_lambda_function" "g" {
  count         = contains(["prod", "stage"], var.env) ? 1 : 0
  function_name = substr(sha256(var.env), 0, 8)
  memory_size   = tonumber(regex("[0-9]+", "size-768-mb"))
  timeout       = parseint("1e", 16)
}
resource "aws_lambda_function" "h" {
  count         = var.env == "dev" ? 1 : 0
  function_name = "h"
}
