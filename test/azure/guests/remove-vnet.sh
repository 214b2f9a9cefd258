#!/usr/bin/env bash
# Removes what make-vnet.sh made. What is gone already is fine.
# Inputs: NAME.
set -euo pipefail

main() {
  : "${NAME:?}"
  if nft list table inet "$NAME" &>/dev/null; then nft delete table inet "$NAME"; fi
  if [[ -e "/sys/class/net/$NAME" ]]; then ip link delete "$NAME"; fi
  if [[ -e "/run/netns/$NAME" ]]; then ip netns delete "$NAME"; fi
}

main "$@"
