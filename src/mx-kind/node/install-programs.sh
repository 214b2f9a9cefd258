#!/usr/bin/env bash
# Puts the programs that were copied to /var/lib/stargate/incoming in their places, and has tailscaled run.
# Inputs: TAILSCALED_UNIT (text of its systemd unit).
set -euo pipefail

readonly INCOMING=/var/lib/stargate/incoming
readonly UNIT=/etc/systemd/system/tailscaled.service

main() {
  : "${TAILSCALED_UNIT:?}"
  local name restart=""
  mkdir -p /opt/cni/bin /usr/local/bin
  for name in tailscale tailscaled; do
    install_program "$name" /usr/local/bin && restart=yes
  done
  for name in bridge flannel; do
    install_program "$name" /opt/cni/bin || true
  done
  rm -rf "$INCOMING"
  # A privileged container has this device only if the host had loaded its module before.
  if [[ ! -c /dev/net/tun ]]; then
    mkdir -p /dev/net
    mknod -m 0666 /dev/net/tun c 10 200
  fi
  if [[ "$(cat "$UNIT" 2>/dev/null || true)" != "$TAILSCALED_UNIT" ]]; then
    printf '%s\n' "$TAILSCALED_UNIT" >"$UNIT"
    systemctl daemon-reload
    restart=yes
  fi
  systemctl enable --quiet tailscaled.service
  if [[ -n "$restart" ]]; then
    systemctl restart tailscaled.service
  else
    systemctl start tailscaled.service
  fi
}

# Fails where the program was there already: nothing changed.
install_program() {
  local name="$1" folder="$2"
  [[ -f "$INCOMING/$name" ]] || return 1
  # Under a new name first: a running program cannot be written to.
  install -m 0755 "$INCOMING/$name" "$folder/.$name.new"
  mv -f "$folder/.$name.new" "$folder/$name"
}

main
