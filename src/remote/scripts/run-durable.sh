#!/usr/bin/env bash
# Runs a script in a transient systemd unit, which a lost connection does not end, and follows its output to the end.
# Called again with the same digest: shows what a finished run said, attaches to one that still runs, or starts it.
# Only work that is done is kept: what failed before runs again.
# Inputs: OPERATION_UID, STEP, DIGEST (of script and inputs), SCRIPT (text), SCRIPT_INPUTS (export lines), UNIT_SCRIPT,
# DONE_CODES (exit codes that mean the work is done, separated by blanks).
# Exit code: the script's own; 120 where it was ended before it had one.
set -euo pipefail

main() {
  : "${OPERATION_UID:?}" "${STEP:?}" "${DIGEST:?}" "${SCRIPT:?}" "${SCRIPT_INPUTS?}" "${UNIT_SCRIPT:?}" "${DONE_CODES:?}"
  # Children must not get these: they may be longer than an environment can be, and hold secrets.
  export -n SCRIPT SCRIPT_INPUTS UNIT_SCRIPT
  umask 077
  unit="stargate-${OPERATION_UID:0:8}-$STEP.service"
  folder="/var/lib/stargate/operations/$OPERATION_UID/$STEP"
  secrets="/run/stargate/inputs/$OPERATION_UID-$STEP"
  mkdir -p "$folder"

  # Two callers at once (one whose connection died, and the next): one starts it, the other attaches.
  exec 9>"$folder/lock"
  flock 9
  # "Nothing to do" counts as done: asked again later, a reset would find the node that a later step made.
  if has_digest && [[ -f "$folder/exit-code" && " $DONE_CODES " == *" $(<"$folder/exit-code") "* ]]; then
    cat "$folder/output"
    return "$(<"$folder/exit-code")"
  fi
  read_unit
  if [[ "$pid" != 0 ]] && ! has_digest; then
    systemctl stop "$unit"
    pid=0
  fi
  if [[ "$pid" == 0 ]]; then
    start
    read_unit
  fi
  exec 9>&-

  if [[ "$pid" == 0 ]]; then cat "$folder/output"; else tail -n +1 -s 0.2 --pid="$pid" -f "$folder/output"; fi
  [[ -f "$folder/exit-code" ]] || return 120
  return "$(<"$folder/exit-code")"
}

has_digest() { [[ -f "$folder/digest" && "$(<"$folder/digest")" == "$DIGEST" ]]; }

# Sets pid to the unit's main process, 0 where it does not run.
read_unit() { pid="$(systemctl show --property=MainPID --value "$unit")"; }

# Keeps what the last ten operations said.
prune() {
  local path
  while read -r path; do rm -rf "$path"; done < <(
    find /var/lib/stargate/operations -mindepth 1 -maxdepth 1 -not -name "$OPERATION_UID" -printf '%T@ %p\n' |
      sort -rn | tail -n +10 | cut -d ' ' -f 2
  )
}

start() {
  mkdir -p /run/stargate/inputs
  prune
  rm -f "$folder/exit-code"
  # Inputs only in memory: a token never reaches the disk.
  printf '%s' "$SCRIPT_INPUTS" >"$secrets"
  printf '%s' "$SCRIPT" >"$folder/script"
  printf '%s' "$UNIT_SCRIPT" >"$folder/unit"
  : >"$folder/output"
  printf '%s' "$DIGEST" >"$folder/digest"
  systemctl reset-failed "$unit" 2>/dev/null || true
  # HOME: kubeadm and ctr ask for it.
  systemd-run --quiet --collect --unit="$unit" --property=KillMode=control-group --setenv=HOME=/root \
    --description="Stargate: $STEP" -- /bin/bash "$folder/unit" "$folder" "$secrets" 9>&-
}

main
