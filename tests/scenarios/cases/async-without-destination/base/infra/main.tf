resource "aws_lambda_function" "orders" {
  function_name = "orders"
  filename      = "build/orders.zip"
  handler       = "app.handler"
  runtime       = "python3.12"
  role          = "arn:aws:iam::111122223333:role/orders"
  memory_size   = 128
  timeout       = 30
}

resource "aws_lambda_permission" "orders" {
  action        = "lambda:InvokeFunction"
  function_name = aws_lambda_function.orders.function_name
  principal     = "s3.amazonaws.com"
  source_arn    = "arn:aws:s3:::incoming"
}
