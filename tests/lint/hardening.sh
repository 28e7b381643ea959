#!/bin/sh
# Looks whether a built program is hardened as the Makefile asks. Arguments: the program, the folder of its objects.
set -eu
program=$1
objects=$2
failed=0

expect() { # WHAT, and a command that finds it
  what=$1
  shift
  if ! "$@"; then
    echo "$program: $what is missing" >&2
    failed=1
  fi
}
header() { readelf -hW "$program" | grep -Eq "$1"; }
segment() { readelf -lW "$program" | grep -Eq "$1"; }
dynamic() { readelf -dW "$program" | grep -Eq "$1"; }
symbol() { readelf --dyn-syms -W "$program" | grep -Eq "$1"; }
all_marked() { # Debian's own start-up objects carry no such note, and so the program does not: its objects tell
  for object in $(find "$objects" -name '*.o'); do
    readelf -nW "$object" | grep -q 'IBT, SHSTK' || { echo "$object: not built with -fcf-protection" >&2; return 1; }
  done
}

expect 'a position-independent program (-pie)' header 'Type: +DYN \(Position-Independent'
expect 'the relocated part (-z relro)' segment 'GNU_RELRO'
expect 'binding at start, without which relro is half of it (-z now)' dynamic 'FLAGS_1.*NOW'
expect 'a stack without execution (-z noexecstack)' segment 'GNU_STACK.* RW '
expect 'the stack protector' symbol '__stack_chk_fail'
expect 'fortified calls (_FORTIFY_SOURCE)' symbol '__(memcpy|snprintf|vsnprintf|printf|fprintf)_chk'
if header 'Machine: +Advanced Micro Devices X86-64'; then
  expect 'control-flow protection (-fcf-protection)' all_marked
fi
[ "$failed" -eq 0 ] && echo "  HARDEN  $program: position-independent, full relro, no executable stack, stack protector, fortified, CET"
exit "$failed"
