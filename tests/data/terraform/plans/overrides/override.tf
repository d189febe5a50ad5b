variable "m" { default = 256 }
locals { b = 3 }
