variable "config" { type = any }
variable "region" {}
locals { name = "svc-${var.region}" }
module "inner" {
  source = "../shared/inner"
  count  = var.config.on ? 2 : 1
  memory = var.config.memory * (count.index + 1)
  name   = "${local.name}-${count.index}"
}
resource "aws_lambda_function" "own" {
  count         = var.config.on ? 0 : 1
  function_name = local.name
  memory_size   = module.inner[0].memory
}
