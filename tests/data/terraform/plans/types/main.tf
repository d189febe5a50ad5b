variable "n" {
  type    = string
  default = 512
}
variable "l" {
  type    = list(string)
  default = [1, true, "x"]
}
variable "s" {
  type    = set(number)
  default = ["3", 1, 3]
}
variable "t" {
  type    = tuple([string, number])
  default = [1, "2"]
}
variable "m" {
  type    = map(any)
  default = { a = 1, b = "x" }
}
variable "any" {
  default = { a = 1, b = "x" }
}
variable "bare" { default = "256" }
variable "nested" {
  type    = list(map(list(number)))
  default = [{ a = ["1", 2] }]
}
resource "aws_lambda_function" "f" {
  function_name = "${var.n}${var.l[0]}${var.l[1]}"
  memory_size   = var.bare
  timeout       = tolist(var.s)[0] + var.t[1]
  handler       = jsonencode([var.m, var.any, var.t, var.l, var.nested])
  runtime       = var.l == ["1", "true", "x"] ? "same" : "other"
}
resource "aws_lambda_function" "g" {
  for_each      = toset([for x in var.s : tostring(x)])
  function_name = each.value
  handler       = var.any == { a = 1, b = "x" } ? "same" : "other"
  runtime       = var.m["a"] == "1" ? "string" : "number"
}
