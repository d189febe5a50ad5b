module "outer" {
  source = "./outer"
  for_each = {
    eu = { memory = 256, on = true }
    us = { memory = 512, on = false }
  }
  config = each.value
  region = each.key
}
