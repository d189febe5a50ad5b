locals {
  a = <<EOT
hello
  world ${1 + 1}
EOT
  b = <<-EOT
    hello
      world
    ${"x"} y
  EOT
  c = <<-EOT
    %{ for i in [1, 2] ~}
    item ${i}
    %{ endfor ~}
    end
  EOT
  d = <<-EOT
    %{ if true }yes%{ else }no%{ endif }
    \n "quoted" $${esc} %%{esc} $ %
  EOT
  e = "a$b%c $${x} %%{y} \u00e9 \\ \" \t|"
  f = <<EOT
EOT
  g = <<-EOT

    a

      b
  EOT
  h = <<-EOT
	tab
	  tab2
	EOT
  i = "%{ for k, v in { a = 1, b = 2 } }${k}=${v};%{ endfor }"
  j = "${ 1 + 1 }"
  k = "${[1, 2]}"
  l = "x${~ "  y  " ~}  z"
  m = "  ${~ "y" ~}  "
  n = <<-EOT
    ${join("\n", ["a", "b"])}
      c
  EOT
  o = <<EOT
  %{ if false ~}
  hidden
  %{ else ~}
  shown
  %{ endif ~}
tail
EOT
  p = "$${"
  q = "$$"
  r = "$${a}$${b}"
  s = "%{ if true }${1}%{ endif }"
  t = "${"nested ${"deep"}"}"
  u = jsonencode({ "a" : 1, b : [for x in [1] : { y = x }] })
  v = <<-EOT
    a
  b
      c
  EOT
  w = "${null == null}"
  x = [
    for s in ["a",
    "b"] :
    upper(s)
    if s != "b"
  ]
  y = (
    1
    +
    2
  )
  z = true ? "a" : "b"
  aa = { "k" = 1, k2 = 2
  k3 = 3 }
  bb = 10-3
  cc = -(-3)
  dd = !(!true)
  ee = [1,2,3,][0]
  ff = { for k in ["a"] : k => k }["a"]
  gg = [{ a = [{ b = 1 }] }][0].a[0].b
  hh = [{ a = 1 }, { a = 2 }].*.a
  ii = [{ a = { b = 1 } }][*].a.b
  jj = [[1, 2], [3, 4]][*][0]
  kk = [[1, 2], [3, 4]].*[0]
  ll = [{ a = [5, 6] }, { a = [7] }].*.a[0]
  mm = null[*]
  nn = "x"[*]
  oo = { a = 1 }[*].a
  pp = 1 == 1 && 2 > 1 || false
  qq = 2 + 3 * 4 - 6 / 2 % 4
  rr = "a" == "a" ? 1 : 2 == 2 ? 3 : 4
}
locals {
  second_a = <<-EOT
    a
  
    b
  EOT
  second_b = <<-EOT
    a

  EOT
  second_c = <<-EOT
    ${"x"}
   ${"y"}
  EOT
  second_d = <<-EOT
    a
    %{ if true }
  b
    %{ endif }
  EOT
  second_e = <<-EOT

  EOT
  second_f = <<-EOT
    a	
		b
  EOT
  second_g = templatestring(local.second_tpl, {x = ["a", "b"]})
  second_tpl = "%%{ for i in x ~}\n  - $${i}\n%%{ endfor ~}\n"
  second_h = templatefile("t.tpl", {xs = ["a", "b"], n = 3})
  second_i = <<EOT
a${"b"}c%{ if true ~}

   d
%{~ endif }
e
EOT
}
