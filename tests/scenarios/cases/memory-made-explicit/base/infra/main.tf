resource "aws_lambda_function" "orders" {
  function_name = "orders"
  filename      = "build/orders.zip"
  handler       = "app.handler"
  runtime       = "python3.12"
  role          = "arn:aws:iam::111122223333:role/orders"
  timeout       = 30
}
