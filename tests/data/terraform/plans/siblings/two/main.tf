variable "size" { type = number }
variable "name" { type = string }
resource "aws_lambda_function" "f" {
  function_name = "${var.name}-${path.module}"
  memory_size   = var.size
}
output "label" { value = "l-${var.name}" }
output "size" { value = var.size }
