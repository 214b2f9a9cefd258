#!/usr/bin/env bash
# Lets the units of an operation come to their end, stops those that take too long, and removes what their steps kept
# but for their output, and for what says that they are done: should whoever asked for this be asked to go on, because
# its own last word was lost, nothing is done twice. Prints the names of the steps that were stopped.
# Inputs: OPERATION_UID, GRACE_SECONDS.
set -euo pipefail

main() {
  : "${OPERATION_UID:?}" "${GRACE_SECONDS:?}"
  local pattern="stargate-${OPERATION_UID:0:8}-*.service" unit name
  while [[ -n "$(running "$pattern")" ]] && ((SECONDS < GRACE_SECONDS)); do sleep 0.5; done
  for unit in $(running "$pattern"); do
    name="${unit#"stargate-${OPERATION_UID:0:8}-"}"
    printf '%s\n' "${name%.service}"
    systemctl stop "$unit"
  done
  rm -f "/run/stargate/inputs/$OPERATION_UID-"*
  local folder
  for folder in "/var/lib/stargate/operations/$OPERATION_UID/"*/; do
    rm -f "$folder"{script,unit,lock,pid,pid.new,exit-code.new}
    [[ -e "${folder}exit-code" ]] || rm -f "${folder}digest"
  done
}

running() { systemctl list-units --plain --no-legend --state=active,activating,deactivating "$1" | awk '{ print $1 }'; }

main
