resource "aws_thing" "t" {}
locals {
  id     = aws_thing.t.id
  mixed  = { known = 256, unknown = aws_thing.t.id }
  listed = [128, aws_thing.t.id]
}
resource "aws_lambda_function" "a" {
  function_name = "a-${local.id}"
  memory_size   = local.mixed.known
  timeout       = local.listed[0]
  handler       = try(local.mixed.missing, "fallback")
  runtime       = try(local.mixed.unknown, "fallback")
}
resource "aws_lambda_function" "b" {
  count         = length(local.listed)
  function_name = "b${count.index}"
  memory_size   = can(local.mixed.known) ? 512 : 1024
  handler       = can(local.id) ? "x" : "y"
  runtime       = local.id == "x" ? "null" : "set"
}
resource "aws_lambda_function" "c" {
  for_each      = local.mixed
  function_name = each.key
  memory_size   = each.key == "known" ? each.value : 300
  handler       = coalesce("", "h", local.id)
  runtime       = lookup(local.mixed, "nothing", "d")
  timeout       = length(keys(local.mixed))
}
resource "aws_lambda_function" "d" {
  function_name = "x-${local.id}" == "" ? "empty" : "filled"
  memory_size   = max(128, 256)
  handler       = join(",", [for x in local.listed : "k"])
  runtime       = true || local.id == "x"
  timeout       = false ? local.id : 5
}
resource "aws_lambda_function" "e" {
  function_name = merge(local.mixed, { known = "z" }).known
  memory_size   = concat(local.listed, [64])[2] * 4
  handler       = "${contains(["a"], "a")}"
  runtime       = element(local.listed, 1)
  timeout       = flatten([local.listed, [3]])[2]
}
