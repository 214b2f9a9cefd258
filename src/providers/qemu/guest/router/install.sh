#!/usr/bin/env bash
# Makes this guest a router: programs, scripts and units from the disk this script lies on, then starts them. Run by
# cloud-init at each boot; does nothing when this very version is installed and, as then, systemd has started it.
set -euo pipefail

readonly LIBRARY=/usr/local/lib/stargate

main() {
  local disk
  disk="$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")"
  if cmp --silent "$disk/version" "$LIBRARY/version"; then return; fi
  install -d "$LIBRARY" /usr/local/sbin /usr/local/bin /etc/systemd/networkd.conf.d
  install -m 0755 "$disk/tailscaled" /usr/local/sbin/tailscaled
  install -m 0755 "$disk/tailscale" /usr/local/bin/tailscale
  install -m 0755 "$disk/configure-router.sh" "$disk/join-tailnet.sh" "$disk/read-seed.sh" "$disk/check-tailnet.sh" \
    "$LIBRARY/"
  install -m 0644 "$disk"/*.nft "$disk/keepalived.conf" "$LIBRARY/"
  install -m 0644 "$disk"/*.service /etc/systemd/system/
  install -m 0644 "$disk/networkd.conf" /etc/systemd/networkd.conf.d/stargate.conf
  install -m 0644 "$disk/version" "$LIBRARY/version.new"
  systemctl daemon-reload
  local units=(stargate-router.service tailscaled.service stargate-join.service stargate-gateway.service)
  systemctl --quiet enable "${units[@]}"
  # cloud-init holds up the boot until this script ends: these must not wait for it in turn.
  systemctl --no-block restart "${units[@]}"
  mv "$LIBRARY/version.new" "$LIBRARY/version"
}

main
