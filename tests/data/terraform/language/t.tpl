start ${n}
%{ for x in xs ~}
  - ${x}
%{ endfor ~}
  %{ if n > 2 }big%{ else }small%{ endif }
"quoted" \n $${lit}
