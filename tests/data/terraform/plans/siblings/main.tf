module "one" {
  source = "./one"
  sizes  = { x = 128, y = 256 }
}
module "two" {
  source   = "./two"
  for_each = module.one.doubled
  size     = each.value
  name     = each.key
}
module "three" {
  source = "./two"
  count  = length(module.two)
  size   = 512 + count.index
  name   = keys(module.two)[count.index]
}
output "names" { value = module.three[*].label }
resource "aws_lambda_function" "sum" {
  function_name = join("+", module.three[*].label)
  memory_size   = sum([for m in module.three : m.size])
}
