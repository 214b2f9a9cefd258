#!/usr/bin/env bash
# Prints what a host is, as name=value lines, and refuses one that cannot become a worker.
# Exit codes: 101 unsupported operating system or architecture, 102 not enough disk space.
set -euo pipefail

main() {
  # shellcheck disable=SC1091 # the host's own
  os="$(source /etc/os-release && printf '%s %s' "${ID:-unknown}" "${VERSION_ID:-}")"
  arch="$(uname -m)"
  case "$arch" in
    x86_64) arch=amd64 ;;
    aarch64) arch=arm64 ;;
  esac
  free="$(df --output=avail -BM /var/lib | tail -n 1)"
  free="${free//[!0-9]/}"
  system_uuid=""
  if [[ -r /sys/class/dmi/id/product_uuid ]]; then system_uuid="$(</sys/class/dmi/id/product_uuid)"; fi
  cgroup=1
  if [[ -f /sys/fs/cgroup/cgroup.controllers ]]; then cgroup=2; fi
  kubelet=no
  if [[ -e /etc/kubernetes/kubelet.conf || -e /var/lib/kubelet/config.yaml ]]; then kubelet=yes; fi
  printf '%s=%s\n' \
    os "${os% }" arch "$arch" kernel "$(</proc/sys/kernel/osrelease)" \
    machine-id "$(</etc/machine-id)" boot-id "$(</proc/sys/kernel/random/boot_id)" \
    system-uuid "$system_uuid" free-mib "$free" cgroup "$cgroup" kubelet "$kubelet"

  case "$os" in
    "debian 12" | "debian 13" | "ubuntu 22.04" | "ubuntu 24.04" | "ubuntu 26.04") ;;
    *) exit 101 ;;
  esac
  [[ "$arch" == amd64 || "$arch" == arm64 ]] || exit 101
  [[ "$cgroup" == 2 ]] || exit 101
  ((free >= 3072)) || exit 102
}

main
