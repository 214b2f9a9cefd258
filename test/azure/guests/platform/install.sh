#!/usr/bin/env bash
# Gives a guest what one has in Azure whatever its customData says: the agent, its own name resolved, and a way to what
# stands in for the internet. That is some ports of the emulating host's loopback, at the very same addresses. Run by
# cloud-init at each boot, from the disk it lies on.
# Reads HOST_ADDRESS and PORTS (by commas) from platform.env on the seed.
set -euo pipefail

readonly LIBRARY=/usr/local/lib/azure-platform
# Azure's, in every network.
readonly RESOLVER=168.63.129.16

main() {
  local disk
  disk="$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")"
  install -d "$LIBRARY"
  install -m 0755 "$disk/agent.sh" "$LIBRARY/agent.sh"
  install -m 0644 "$disk/azure-agent.service" /etc/systemd/system/azure-agent.service
  systemctl daemon-reload
  # cloud-init holds up the boot until this script ends: the agent must not wait for it in turn.
  systemctl --no-block restart azure-agent.service
  grep -q '^127\.0\.1\.1 ' /etc/hosts || printf '127.0.1.1 %s\n' "$(hostname)" >>/etc/hosts
  # A look at every container every ten seconds takes much of an emulated processor.
  [[ -e /etc/default/kubelet ]] || echo 'KUBELET_EXTRA_ARGS=--housekeeping-interval=60s' >/etc/default/kubelet
  # CoreDNS ends where it is told of no resolver.
  grep -qs '^nameserver ' /etc/resolv.conf || echo "nameserver $RESOLVER" >>/etc/resolv.conf
  load_rules "$disk"
}

load_rules() {
  mkdir -p /run/azure-seed
  mountpoint -q /run/azure-seed || mount -o ro /dev/disk/by-label/cidata /run/azure-seed
  # shellcheck source=/dev/null
  source /run/azure-seed/platform.env
  umount /run/azure-seed
  : "${HOST_ADDRESS:?}" "${PORTS:?}"
  {
    printf 'define host = %s\ndefine ports = { %s }\n' "$HOST_ADDRESS" "$PORTS"
    cat "$1/platform.nft"
  } | nft --file -
  sysctl --quiet --write net.ipv4.conf.all.route_localnet=1
}

main
