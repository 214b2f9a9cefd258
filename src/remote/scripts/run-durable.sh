#!/usr/bin/env bash
# Runs a script in a transient systemd unit, which a lost connection does not end, and follows its output to the end.
# Called again with the same digest: shows what a finished run said, attaches to one that still runs, or starts it.
# Only work that is done is kept: what failed before runs again.
# Inputs: OPERATION_UID, STEP, DIGEST (of script and inputs), SCRIPT (text), SCRIPT_INPUTS (export lines), UNIT_SCRIPT,
# DONE_CODES (exit codes that mean the work is done, separated by blanks).
# Exit code: the script's own; 120 where it was ended before it had one.
set -euo pipefail

readonly OPERATIONS=/var/lib/stargate/operations

main() {
  : "${OPERATION_UID:?}" "${STEP:?}" "${DIGEST:?}" "${SCRIPT:?}" "${SCRIPT_INPUTS?}" "${UNIT_SCRIPT:?}" "${DONE_CODES:?}"
  # Children must not get these: they may be longer than an environment can be, and hold secrets.
  export -n SCRIPT SCRIPT_INPUTS UNIT_SCRIPT
  umask 077
  unit="stargate-${OPERATION_UID:0:8}-$STEP.service"
  folder="$OPERATIONS/$OPERATION_UID/$STEP"
  secrets="/run/stargate/inputs/$OPERATION_UID-$STEP"
  [[ -d "$OPERATIONS/$OPERATION_UID" ]] || make_way
  mkdir -p "$folder" /run/stargate/inputs

  # Two callers at once (one whose connection died, and the next): one starts it, the other attaches.
  exec 9>"$folder/lock"
  flock 9
  local pid=0
  if ! is_done && [[ -f "$folder/digest" ]]; then
    # A host that goes up or down may have nobody who answers.
    pid="$(systemctl show --property=MainPID --value "$unit")" || exit 120
    if [[ "$pid" != 0 ]] && ! has_digest; then
      systemctl stop "$unit"
      pid=0
    fi
  fi
  # Looked at once more: what ended while systemd was asked is done, too.
  if [[ "$pid" == 0 ]] && is_done; then
    cat "$folder/output"
    return "$(<"$folder/exit-code")"
  fi
  if [[ "$pid" == 0 ]]; then
    start
    pid="$(<"$folder/pid")"
  fi
  exec 9>&-

  # Not the unit's state but its process: that has ended once its last word and its exit code are written.
  tail -n +1 -s 0.1 --pid="$pid" -f "$folder/output"
  # Another caller, with other inputs, may have stopped ours and begun again: what is here now is then not our answer.
  # No digest at all is stop-durable.sh's doing, which leaves the answer.
  [[ ! -f "$folder/digest" ]] || has_digest || return 120
  [[ -f "$folder/exit-code" ]] || return 120
  local code
  code="$(<"$folder/exit-code")"
  means_done "$code" || tell_full_disk
  return "$code"
}

# Where nothing can be written any more, the script could not say so either.
tell_full_disk() {
  (($(stat --file-system --format='%f*%S' "$folder") >= 1048576)) ||
    printf '%s: No space left on device\n' "$folder" >&2
}

has_digest() { [[ -f "$folder/digest" && "$(<"$folder/digest")" == "$DIGEST" ]]; }

# "Nothing to do" counts as done: asked again later, a reset would find the node that a later step made.
means_done() { [[ " $DONE_CODES " == *" $1 "* ]]; }

is_done() { has_digest && [[ -f "$folder/exit-code" ]] && means_done "$(<"$folder/exit-code")"; }

start() {
  printf '%s' "$SCRIPT" >"$folder/script"
  printf '%s' "$UNIT_SCRIPT" >"$folder/unit"
  rm -f "$folder/exit-code" "$folder/pid"
  keep_output
  : >"$folder/output"
  printf '%s' "$DIGEST" >"$folder/digest"
  # Inputs only in memory, and last, so that nothing that fails before leaves them: a token never reaches the disk.
  printf '%s' "$SCRIPT_INPUTS" >"$secrets"
  # HOME: kubeadm and ctr ask for it.
  systemd-run --quiet --collect --unit="$unit" --property=KillMode=control-group --setenv=HOME=/root \
    --description="Stargate: $STEP" -- /bin/bash "$folder/unit" "$folder" "$secrets" 9>&- ||
    { rm -f "$secrets" && exit 120; }
  # Cheaper than asking systemd, and a process that has ended already is no other's yet.
  local tries
  for ((tries = 0; tries < 500; tries++)); do
    [[ ! -s "$folder/pid" ]] || return 0
    read -rt 0.02 <> <(:) || true
  done
  exit 120
}

# What the four runs before this one said stays beside it: output.1 is the first run's.
keep_output() {
  local path last=0
  [[ -s "$folder/output" ]] || return 0
  for path in "$folder"/output.*; do
    [[ ! -e "$path" ]] || ((${path##*.} <= last)) || last="${path##*.}"
  done
  mv -f "$folder/output" "$folder/output.$((last + 1))"
  rm -f "$folder/output.$((last - 3))"
}

# The first step of an operation. What an earlier one left, because nobody could reach this host when it ended, must
# neither run beside this one nor stay.
make_way() {
  local unit
  for unit in $(systemctl list-units --plain --no-legend --state=active,activating 'stargate-*.service' | awk '{ print $1 }'); do
    [[ "$unit" =~ ^stargate-[0-9a-f]{8}- && "$unit" != "stargate-${OPERATION_UID:0:8}-"* ]] || continue
    systemctl stop "$unit"
  done
  [[ ! -d /run/stargate/inputs ]] || find /run/stargate/inputs -type f -not -name "$OPERATION_UID-*" -delete
  [[ -d "$OPERATIONS" ]] || return 0
  find "$OPERATIONS" -mindepth 3 -type f -not -path "$OPERATIONS/$OPERATION_UID/*" \
    -not -name 'output*' -not -name exit-code -delete
  prune
}

# Keeps what the last ten operations said, of each output the last MiB.
prune() {
  local path
  while read -r path; do rm -rf "$path"; done < <(
    find "$OPERATIONS" -mindepth 1 -maxdepth 1 -printf '%T@ %p\n' | sort -rn | tail -n +10 | cut -d ' ' -f 2
  )
  while read -r path; do
    tail -c 1M "$path" >"${path%/*}/cut"
    mv -f "${path%/*}/cut" "$path"
  done < <(find "$OPERATIONS" -mindepth 3 -maxdepth 3 -name 'output*' -size +1024k)
}

main
