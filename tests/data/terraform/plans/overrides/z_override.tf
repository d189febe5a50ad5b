resource "aws_lambda_function" "f" {
  timeout = 30
}
