#!/usr/bin/env bash
# Restarts this host in a second, once however often it is called. Should it still be up two minutes later, it is
# restarted without waiting for anything.
# Inputs: OPERATION_UID, BOOT_ID (of the boot that is to end).
# Exit code 100: it has restarted.
set -euo pipefail

main() {
  : "${OPERATION_UID:?}" "${BOOT_ID:?}"
  [[ "$(</proc/sys/kernel/random/boot_id)" == "$BOOT_ID" ]] || exit 100
  # What is in /run does not outlive the boot.
  local mark="/run/stargate/reboot-$OPERATION_UID" force=()
  if [[ -e "$mark" ]]; then
    (($(date +%s) - $(stat -c %Y "$mark") >= 120)) || return 0
    force=(--force)
  fi
  mkdir -p /run/stargate /var/lib/stargate
  : >"$mark"
  note_it || true # a full disk keeps nobody from a restart
  systemd-run --quiet --collect --on-active=1s --timer-property=AccuracySec=100ms -- systemctl reboot "${force[@]}"
  echo 'restarting'
}

note_it() {
  TZ=UTC printf '%(%FT%TZ)T %s reboot-host started\n' -1 "$OPERATION_UID" >>/var/lib/stargate/journal &&
    sync /var/lib/stargate/journal
}

main
