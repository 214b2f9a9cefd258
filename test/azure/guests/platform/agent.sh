#!/usr/bin/env bash
# Stands in for Azure's guest agent: takes scripts from a virtio port, which needs no network, and runs them as root, one
# at a time. A line in is "<id> <script in base64>", a line out "<id> <exit code> <output in base64> <errors in base64>".
set -euo pipefail

readonly PORT=/dev/virtio-ports/org.stargate.fake-azure-agent
readonly FOLDER=/var/lib/azure-platform

main() {
  until [[ -e "$PORT" ]]; do sleep 0.2; done
  exec 3<>"$PORT"
  local id script
  while true; do
    # Nothing to read while nobody has the other end open.
    if IFS=' ' read -r id script <&3; then answer "$id" "$script"; else sleep 0.2; fi
  done
}

answer() {
  local id="$1" code=0 run
  mkdir -p "$FOLDER"
  run="$(mktemp --directory "$FOLDER/run.XXXXXX")"
  base64 --decode <<<"$2" >"$run/script.sh"
  chmod 0700 "$run/script.sh"
  (cd "$run" && exec "$run/script.sh" >"$run/stdout" 2>"$run/stderr" </dev/null 3<&-) || code=$?
  printf '%s %s %s %s\n' "$id" "$code" "$(encode "$run/stdout")" "$(encode "$run/stderr")" >&3
  rm -rf "$run"
}

# As much as Azure gives back; never an empty word.
encode() { printf '=%s' "$(tail --bytes=4096 "$1" | base64 --wrap=0)"; }

main "$@"
