resource "aws_lambda_event_source_mapping" "orders" {
  function_name     = aws_lambda_function.orders_consumer.arn
  topics            = ["orders"]
  starting_position = "TRIM_HORIZON"

  self_managed_event_source {
    endpoints = {
      KAFKA_BOOTSTRAP_SERVERS = var.brokers
    }
  }
}

resource "aws_lambda_event_source_mapping" "refunds" {
  function_name     = aws_lambda_function.refunds_consumer.arn
  topics            = ["refunds"]
  starting_position = "TRIM_HORIZON"

  self_managed_event_source {
    endpoints = {
      KAFKA_BOOTSTRAP_SERVERS = var.brokers
    }
  }
}

variable "brokers" {
  type    = string
  default = "kafka.example.com:9092"
}
