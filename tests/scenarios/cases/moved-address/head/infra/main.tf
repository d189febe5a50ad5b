module "orders" {
  source = "./orders"
}

moved {
  from = aws_lambda_function.orders
  to   = module.orders.aws_lambda_function.this
}
