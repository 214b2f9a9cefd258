#!/usr/bin/env bash
# Exit code 0 when a TCP connection to the API server can be opened from here, 1 when not.
# Inputs: API_HOST, API_PORT.
set -euo pipefail

main() {
  : "${API_HOST:?}" "${API_PORT:?}"
  # shellcheck disable=SC2016 # the inner shell reads the exported inputs itself
  timeout 5 bash -c 'exec 3<>"/dev/tcp/$API_HOST/$API_PORT"' 2>/dev/null || exit 1
}

main
