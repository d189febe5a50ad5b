variable "m" { default = 128 }
locals {
  a = 1
  b = 2
}
resource "aws_lambda_function" "f" {
  function_name = "f${local.a}${local.b}"
  memory_size   = var.m
  timeout       = 3
}
