#!/usr/bin/env bash
# Stands in for systemctl in a fake node: knows the calls that mx kind makes, of services that are simple enough.
set -euo pipefail

readonly units=/etc/systemd/system

main() {
  case "$*" in
    daemon-reload) ;;
    "enable --quiet tailscaled.service")
      mkdir -p "$units/multi-user.target.wants"
      ln -sf "$units/tailscaled.service" "$units/multi-user.target.wants/tailscaled.service"
      ;;
    "start tailscaled.service") is_active || run ;;
    "restart tailscaled.service")
      ! is_active || stop
      run
      ;;
    *)
      printf 'the stand-in for systemctl does not know: %s\n' "$*" >&2
      exit 64
      ;;
  esac
}

is_active() { [[ -e /run/tailscaled.pid ]] && kill -0 "$(cat /run/tailscaled.pid)" 2>/dev/null; }

stop() {
  local pid
  pid="$(cat /run/tailscaled.pid)"
  kill "$pid"
  tail --pid="$pid" -f /dev/null
}

run() {
  local -a argv=()
  mkdir -p /run/tailscale /var/lib/tailscale
  read -ra argv < <(sed -n 's/^ExecStart=//p' "$units/tailscaled.service")
  setsid "${argv[@]}" </dev/null >>/var/log/tailscaled.log 2>&1 &
  printf '%s' "$!" >/run/tailscaled.pid
}

main "$@"
