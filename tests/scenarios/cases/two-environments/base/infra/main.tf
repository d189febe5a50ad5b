variable "memory_size" {}

variable "stage" {}

resource "aws_lambda_function" "orders" {
  function_name = "orders-${var.stage}"
  filename      = "build/o.zip"
  handler       = "app.handler"
  runtime       = "python3.12"
  role          = "arn:aws:iam::111122223333:role/o"
  memory_size   = var.memory_size
  timeout       = 30
}
