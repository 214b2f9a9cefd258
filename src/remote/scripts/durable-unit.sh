#!/usr/bin/env bash
# What a step's unit runs: the step's script with its inputs, its output and exit code kept in the step's folder.
# Arguments: the folder, and the file with the inputs.
set -euo pipefail

main() {
  folder="$1"
  inputs="$2"
  # However this ends, also before it has begun because the disk is full.
  trap 'rm -f "$inputs" "$folder/pid.new"' EXIT
  printf '%s' "$$" >"$folder/pid.new"
  mv -f "$folder/pid.new" "$folder/pid"
  # Room for the exit code is taken beforehand: neither a full disk nor a power cut makes what is done undone.
  printf '%3s' '' >"$folder/exit-code.new"
  step="${folder##*/}"
  operation="${folder%/*}"
  note "${operation##*/} $step started"
  code=0
  (
    # shellcheck disable=SC1090 # written by run-durable.sh
    source "$inputs"
    rm -f "$inputs"
    exec /bin/bash "$folder/script"
  ) >>"$folder/output" 2>&1 </dev/null || code=$?
  printf '%s' "$code" 1<>"$folder/exit-code.new"
  truncate -s "${#code}" "$folder/exit-code.new"
  sync "$folder/exit-code.new"
  mv -f "$folder/exit-code.new" "$folder/exit-code"
  note "${operation##*/} $step ended $code ${SECONDS}s"
}

note() { TZ=UTC printf '%(%FT%TZ)T %s\n' -1 "$1" >>/var/lib/stargate/journal; }

main "$@"
