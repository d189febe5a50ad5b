variable "name" {}

variable "memory_size" {
  default = 512
}

resource "aws_lambda_function" "this" {
  function_name = var.name
  filename      = "build/${var.name}.zip"
  handler       = "app.handler"
  runtime       = "python3.12"
  role          = "arn:aws:iam::111122223333:role/x"
  memory_size   = var.memory_size
  timeout       = 30
}
