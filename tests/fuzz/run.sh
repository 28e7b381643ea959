#!/bin/sh
# Fuzzes one target: run.sh FOLDER SECONDS TARGET. Says one line; on a finding everything, and the input is kept as FOLDER/TARGET-*.
set -eu
folder=$1
seconds=$2
target=$3
kept=tests/fuzz/corpus/$target
log=$folder/$target.log

[ -n "$(ls "$kept")" ] || { echo "$kept is empty" >&2; exit 1; }
mkdir -p "$folder/corpus/$target"
if UBSAN_OPTIONS=print_stacktrace=1:halt_on_error=1 "$folder/run/$target" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 \
  -max_len=16384 -print_final_stats=1 -artifact_prefix="$folder/$target-" ${FUZZ_ARGUMENTS:-} \
  $([ -f "tests/fuzz/$target.dict" ] && echo "-dict=tests/fuzz/$target.dict") \
  "$folder/corpus/$target" "$kept" >"$log" 2>&1; then
  runs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")
  new=$(sed -n 's/^stat::new_units_added: *//p' "$log")
  echo "  FUZZ    $target: $runs inputs in $seconds s, $new that reach further, nothing found"
else
  tail -n 60 "$log"
  echo "  FUZZ    $target: found something, see $log" >&2
  exit 1
fi
