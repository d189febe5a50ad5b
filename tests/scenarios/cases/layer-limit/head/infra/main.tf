resource "aws_lambda_function" "orders" {
  function_name = "orders"
  filename      = "build/orders.zip"
  handler       = "app.handler"
  runtime       = "python3.12"
  role          = "arn:aws:iam::111122223333:role/orders"
  memory_size   = 512
  timeout       = 30
  layers = ["arn:aws:lambda:eu-central-1:111122223300:layer:l0:1", "arn:aws:lambda:eu-central-1:111122223301:layer:l1:1", "arn:aws:lambda:eu-central-1:111122223302:layer:l2:1", "arn:aws:lambda:eu-central-1:111122223303:layer:l3:1", "arn:aws:lambda:eu-central-1:111122223304:layer:l4:1", "arn:aws:lambda:eu-central-1:111122223305:layer:l5:1"]
}
