#!/bin/sh
# Writes an assembler source that embeds the files named, ended by a NUL each, and `asset_table`, a row a file, ended by NULLs.
set -eu
echo '  .section .rodata'
i=0
for file in "$@"; do
  printf '  .balign 16\nasset_%d:\n  .incbin "%s"\nasset_%d_end:\n  .byte 0\nasset_%d_path:\n  .asciz "%s"\n' $i "$file" $i $i "$file"
  i=$((i + 1))
done
printf '  .section .data.rel.ro,"aw"\n  .balign 8\n  .global asset_table\n  .hidden asset_table\nasset_table:\n'
i=0
for file in "$@"; do
  printf '  .quad asset_%d_path, asset_%d, asset_%d_end - asset_%d\n' $i $i $i $i
  i=$((i + 1))
done
printf '  .quad 0, 0, 0\n  .section .note.GNU-stack,"",%%progbits\n'
