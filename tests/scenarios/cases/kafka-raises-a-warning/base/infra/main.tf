resource "aws_lambda_function" "orders" {
  function_name = "orders"
  filename      = "build/orders.zip"
  handler       = "app.handler"
  runtime       = "python3.12"
  role          = "arn:aws:iam::111122223333:role/orders"
  memory_size   = 128
  timeout       = 30
}

resource "aws_lambda_event_source_mapping" "orders" {
  event_source_arn  = "arn:aws:kafka:eu-central-1:111122223333:cluster/c/1"
  function_name     = aws_lambda_function.orders.arn
  topics            = ["orders"]
  starting_position = "LATEST"
}
