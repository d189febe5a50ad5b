locals {
  topics = {
    orders  = aws_lambda_function.orders_consumer.arn
    refunds = aws_lambda_function.refunds_consumer.arn
    replay  = aws_lambda_function.orders_replay.arn
  }
}

resource "aws_lambda_event_source_mapping" "topic" {
  for_each          = local.topics
  function_name     = each.value
  topics            = [each.key]
  starting_position = "TRIM_HORIZON"

  self_managed_event_source {
    endpoints = {
      KAFKA_BOOTSTRAP_SERVERS = "kafka.example.com:9092"
    }
  }
}
