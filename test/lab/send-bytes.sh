#!/usr/bin/env bash
# Sends zeros to a receiver (receive-bytes.sh) and waits until it says how many came. Prints that and the nanoseconds.
# Inputs: TARGET (an address), BYTES.
set -euo pipefail

main() {
  : "${TARGET:?}" "${BYTES:?}"
  local start end received
  start="$(date +%s%N)"
  received="$(head --bytes="$BYTES" /dev/zero | socat -t 120 - "TCP:$TARGET:5201,connect-timeout=10")"
  end="$(date +%s%N)"
  printf '%s %s\n' "$received" "$((end - start))"
}

main "$@"
