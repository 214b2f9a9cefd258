#!/usr/bin/env bash
# Stands in for kubectl, of which mx kind asks the version only.
set -euo pipefail

main() {
  printf 'kubectl %s\n' "$*" >>"$STAND_IN_DIR/calls"
  if [[ "$*" != "version --client --output=json" ]]; then
    printf 'kubectl %s\n' "$*" >>"$STAND_IN_DIR/unexpected"
    exit 64
  fi
  printf '{"clientVersion":{"gitVersion":"v1.37.2"}}\n'
}

main "$@"
