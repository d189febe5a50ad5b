variable "fns" {
  type = map(object({
    memory  = optional(number, 256)
    timeout = optional(number)
    env     = optional(object({ stage = optional(string, "dev"), n = number }), { n = 1 })
    tags    = optional(map(string), {})
    arch    = optional(list(string))
  }))
  default = {
    a = {}
    b = { memory = "512", timeout = 9, env = { n = 2, stage = null } }
    c = { memory = null, arch = ["arm64"], extra = "dropped" }
  }
}
resource "aws_lambda_function" "f" {
  for_each      = var.fns
  function_name = "${each.key}-${each.value.env.stage}-${each.value.env.n}"
  memory_size   = each.value.memory
  timeout       = each.value.timeout
  architectures = each.value.arch
  handler       = length(each.value.tags)
}
