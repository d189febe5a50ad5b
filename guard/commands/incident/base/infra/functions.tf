resource "aws_lambda_function" "orders_consumer" {
  function_name = "orders-consumer"
  filename      = data.archive_file.orders.output_path
  handler       = "app.handler"
  runtime       = "python3.12"
  role          = var.role_arn
  timeout       = 300
  memory_size   = 128
}

resource "aws_lambda_function" "refunds_consumer" {
  function_name = "refunds-consumer"
  filename      = data.archive_file.orders.output_path
  handler       = "app.handler"
  runtime       = "python3.12"
  role          = var.role_arn
  timeout       = 300
  memory_size   = 128
}

resource "aws_lambda_function" "orders_replay" {
  function_name = "orders-replay"
  filename      = data.archive_file.orders.output_path
  handler       = "app.handler"
  runtime       = "python3.12"
  role          = var.role_arn
  timeout       = 300
  memory_size   = 512
}

variable "role_arn" {
  type    = string
  default = "arn:aws:iam::111122223333:role/orders"
}
