#!/bin/sh
# compdb.sh FOLDER FILES -- COMMAND: compile_commands.json for clangd and clang-tidy. COMMAND compiles each of FILES.
set -eu
escaped() { printf '%s' "$1" | sed 's/[\\"]/\\&/g'; }
folder=$1 files='' separator=''
shift
while [ "$1" != -- ]; do
  files="$files $1"
  shift
done
shift
arguments=''
for word; do arguments="$arguments\"$(escaped "$word")\", "; done
echo '['
for file in $files; do
  printf '%s{"directory": "%s", "file": "%s", "arguments": [%s"-c", "%s"]}' "$separator" "$(escaped "$folder")" "$file" "$arguments" "$file"
  separator=',
'
done
printf '\n]\n'
