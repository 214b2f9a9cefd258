#!/usr/bin/env bash
# Prints this host's routes to a range. Inputs: CIDR.
set -euo pipefail

main() {
  : "${CIDR:?}"
  ip route show "$CIDR"
}

main "$@"
