module "a" {
  source = "./m"
  memory = null
  strict = null
  name   = "a"
}
module "b" {
  source = "./m"
  name   = "b"
  memory = 1024
}
