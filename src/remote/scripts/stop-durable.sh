#!/usr/bin/env bash
# Stops every unit of an operation and removes what its steps kept.
# Inputs: OPERATION_UID.
set -euo pipefail

main() {
  : "${OPERATION_UID:?}"
  systemctl stop "stargate-${OPERATION_UID:0:8}-*.service"
  rm -rf "/var/lib/stargate/operations/$OPERATION_UID" "/run/stargate/inputs/$OPERATION_UID-"*
}

main
