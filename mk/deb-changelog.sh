#!/bin/sh
# deb-changelog.sh NAME VERSION CHANGELOG.md: the entry of that version as debian/changelog has it. The day is that of the heading.
set -eu
name=$1 version=$2 changelog=$3
day=$(sed -n "s/^## \[$version\] - \([0-9-]*\)$/\1/p" "$changelog")
[ -n "$day" ] || { echo "$changelog has no heading for version $version" >&2; exit 1; }
printf '%s (%s) unstable; urgency=medium\n\n  * Version %s; what changed is in CHANGELOG.md.\n\n' "$name" "$version" "$version"
printf ' -- entente maintainers <maintainers@entente.example>  %s\n' "$(LC_ALL=C date --utc --date="$day" '+%a, %d %b %Y 00:00:00 +0000')"
