locals {
  config = yamldecode(file("${path.module}/config.yaml"))
  extra  = jsondecode(file("extra.json"))
}
resource "aws_lambda_function" "yaml" {
  for_each      = { for f in local.config.functions : f.name => f }
  function_name = each.key
  memory_size   = try(each.value.memory, local.config.defaults.memory)
  timeout       = lookup(each.value, "timeout", local.config.defaults.timeout)
  handler       = each.value.handler
}
resource "aws_lambda_function" "set" {
  for_each      = fileset(path.module, "fn/*/handler.py")
  function_name = basename(dirname(each.value))
  memory_size   = local.extra[basename(dirname(each.value))]
  handler       = templatefile("${path.module}/h.tpl", { name = each.value, xs = [1, 2] })
}
