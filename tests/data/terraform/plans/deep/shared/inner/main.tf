variable "memory" { type = number }
variable "name" {}
resource "aws_lambda_function" "f" {
  function_name = var.name
  memory_size   = var.memory
  handler       = path.module
}
output "memory" { value = var.memory }
