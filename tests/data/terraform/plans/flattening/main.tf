locals {
  teams = {
    red  = { members = ["ann", "bob"], memory = 256 }
    blue = { members = ["cy"], memory = 512 }
  }
  pairs = flatten([
    for team, data in local.teams : [
      for member in data.members : {
        key    = "${team}.${member}"
        memory = data.memory
      }
    ]
  ])
  product = { for p in setproduct(["dev", "prod"], toset(["x", "y"])) : "${p[0]}/${p[1]}" => p[0] == "prod" ? 1024 : 128 }
  grouped = { for p in local.pairs : p.memory => p.key... }
}
resource "aws_lambda_function" "pair" {
  for_each      = { for p in local.pairs : p.key => p }
  function_name = replace(each.key, ".", "-")
  memory_size   = each.value.memory
}
resource "aws_lambda_function" "product" {
  for_each      = local.product
  function_name = each.key
  memory_size   = each.value
}
resource "aws_lambda_function" "group" {
  for_each      = local.grouped
  function_name = join("+", each.value)
  memory_size   = each.key
}
resource "aws_lambda_function" "zip" {
  for_each      = zipmap(["q", "r"], [300, 400])
  function_name = each.key
  memory_size   = each.value
}
