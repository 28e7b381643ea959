#!/bin/sh
# Prints what this machine's compiler and libraries ask for, as make variables. Arguments: the compiler, then pkg-config's packages.
set -eu
cc=$1
shift
probe() {
  for flag in "$@"; do
    if echo 'int probe;' | "$cc" -Werror "$flag" -x c -c - -o /dev/null 2>/dev/null; then printf ' %s' "$flag"; fi
  done
}
systemd=$(pkg-config --exists libsystemd && echo libsystemd || :)
printf 'PROBED_WARNINGS :=%s\n' "$(probe -Wtrampolines -Wbidi-chars=any -Wimplicit-fallthrough -Wlogical-op)"
printf 'PROBED_HARDENING :=%s\n' "$(probe -fcf-protection=full -fstack-clash-protection -fstrict-flex-arrays=3 -ftrivial-auto-var-init=zero)"
printf 'PACKAGE_CFLAGS := %s%s\n' "$(pkg-config --cflags "$@" $systemd)" "${systemd:+ -DHAVE_SYSTEMD}"
printf 'PACKAGE_LIBS := %s\n' "$(pkg-config --libs "$@" $systemd)"
