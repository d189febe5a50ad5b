module "f00" {
  source = "./worker"
  name   = "worker-00"
}

module "f01" {
  source = "./worker"
  name   = "worker-01"
}

module "f02" {
  source = "./worker"
  name   = "worker-02"
}

module "f03" {
  source = "./worker"
  name   = "worker-03"
}

module "f04" {
  source = "./worker"
  name   = "worker-04"
}

module "f05" {
  source = "./worker"
  name   = "worker-05"
}

module "f06" {
  source = "./worker"
  name   = "worker-06"
}

module "f07" {
  source = "./worker"
  name   = "worker-07"
}

module "f08" {
  source = "./worker"
  name   = "worker-08"
}

module "f09" {
  source = "./worker"
  name   = "worker-09"
}

module "f10" {
  source = "./worker"
  name   = "worker-10"
}

module "f11" {
  source = "./worker"
  name   = "worker-11"
}

module "f12" {
  source = "./worker"
  name   = "worker-12"
}

module "f13" {
  source = "./worker"
  name   = "worker-13"
}

module "f14" {
  source = "./worker"
  name   = "worker-14"
}

module "f15" {
  source = "./worker"
  name   = "worker-15"
}

module "f16" {
  source = "./worker"
  name   = "worker-16"
}

module "f17" {
  source = "./worker"
  name   = "worker-17"
}

module "f18" {
  source = "./worker"
  name   = "worker-18"
}

module "f19" {
  source = "./worker"
  name   = "worker-19"
}

module "f20" {
  source = "./worker"
  name   = "worker-20"
}

module "f21" {
  source = "./worker"
  name   = "worker-21"
}

module "f22" {
  source = "./worker"
  name   = "worker-22"
}

module "f23" {
  source = "./worker"
  name   = "worker-23"
}

module "f24" {
  source = "./worker"
  name   = "worker-24"
}

module "f25" {
  source = "./worker"
  name   = "worker-25"
}

module "f26" {
  source = "./worker"
  name   = "worker-26"
}

module "f27" {
  source = "./worker"
  name   = "worker-27"
}

module "f28" {
  source = "./worker"
  name   = "worker-28"
}

module "f29" {
  source = "./worker"
  name   = "worker-29"
}

module "f30" {
  source = "./worker"
  name   = "worker-30"
}

module "f31" {
  source = "./worker"
  name   = "worker-31"
}

module "f32" {
  source = "./worker"
  name   = "worker-32"
}

module "f33" {
  source = "./worker"
  name   = "worker-33"
}

module "f34" {
  source = "./worker"
  name   = "worker-34"
}

module "f35" {
  source = "./worker"
  name   = "worker-35"
}

module "f36" {
  source = "./worker"
  name   = "worker-36"
}

module "f37" {
  source = "./worker"
  name   = "worker-37"
}

module "f38" {
  source = "./worker"
  name   = "worker-38"
}

module "f39" {
  source = "./worker"
  name   = "worker-39"
}

module "f40" {
  source = "./worker"
  name   = "worker-40"
}

module "f41" {
  source = "./worker"
  name   = "worker-41"
}

module "f42" {
  source = "./worker"
  name   = "worker-42"
}

module "f43" {
  source = "./worker"
  name   = "worker-43"
}

module "f44" {
  source = "./worker"
  name   = "worker-44"
}

module "f45" {
  source = "./worker"
  name   = "worker-45"
}

module "f46" {
  source = "./worker"
  name   = "worker-46"
}

module "f47" {
  source = "./worker"
  name   = "worker-47"
}

module "f48" {
  source = "./worker"
  name   = "worker-48"
}

