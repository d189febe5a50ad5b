variable "memory" {
  type    = number
  default = 320
}
variable "strict" {
  type     = number
  default  = 7
  nullable = false
}
variable "name" {}
resource "aws_lambda_function" "f" {
  function_name = var.name
  memory_size   = var.memory
  timeout       = var.strict
}
