%{ for x in xs ~}
${x}-
%{ endfor ~}
${upper(name)}