resource "aws_lambda_function" "src" {
  count         = 3
  function_name = "s${count.index}"
  memory_size   = 128 * (count.index + 1)
}
locals {
  objs = [{ n = "a", v = [1, 2] }, { n = "b", v = [3] }]
  none = null
}
resource "aws_lambda_function" "f" {
  function_name = join(",", local.objs[*].n)
  memory_size   = (local.objs[*].v[0])[1] + 253
  timeout       = length(local.none[*]) + length("x"[*]) + 1
  handler       = jsonencode([for i, o in local.objs : { i = i, o = o.n } if i > 0])
  runtime       = jsonencode(local.objs.*.v[0])
}
