#!/usr/bin/env bash
# Removes what we brought to a host that is no node any more. What a package manager installed, and the container
# runtime itself, stay: they may have been there before us.
# Exit code 100: there was nothing to do.
set -euo pipefail

readonly OURS=(
  /etc/systemd/system/kubelet.service
  /etc/systemd/system/kubelet.service.d/10-kubeadm.conf
  /etc/modules-load.d/stargate.conf
  /etc/sysctl.d/90-stargate.conf
  /usr/local/bin/kubelet
  /usr/local/bin/kubeadm
  /var/lib/stargate/artifacts
  /var/lib/stargate/installed
  /run/stargate/join
)
readonly CNI_PLUGINS=(bridge host-local loopback portmap bandwidth flannel)

main() {
  is_clean && exit 100
  if mountpoint -q /run/stargate/artifacts; then umount /run/stargate/artifacts; fi
  remove_images
  if [[ -e /var/lib/stargate/installed/cni-plugins ]]; then rm -f "${CNI_PLUGINS[@]/#//opt/cni/bin/}"; fi
  rm -rf "${OURS[@]}"
  rmdir --ignore-fail-on-non-empty /etc/systemd/system/kubelet.service.d /opt/cni/bin /opt/cni 2>/dev/null || true
  systemctl daemon-reload
  echo 'nothing of ours is left'
}

is_clean() {
  local path
  for path in "${OURS[@]}"; do [[ ! -e "$path" ]] || return 1; done
}

remove_images() {
  command -v ctr >/dev/null && systemctl is-active --quiet containerd.service || return 0
  local reference
  for reference in $(ctr -n k8s.io images ls -q); do ctr -n k8s.io images rm "$reference" >/dev/null || true; done
}

main
