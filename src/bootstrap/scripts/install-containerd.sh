#!/usr/bin/env bash
# Makes containerd run as Kubernetes needs it, and installs it, and the tools kubeadm asks for, where they are missing.
# Inputs: SANDBOX_IMAGE, CONFIG_1 and CONFIG_2 (text of config.toml for containerd 1.x and 2.x), MINOR (of Kubernetes:
# "1.37").
# Exit codes: 100 all was so already, 103 the package repository does not answer, 105 no containerd for this kubelet.
set -euo pipefail

main() {
  : "${SANDBOX_IMAGE:?}" "${CONFIG_1:?}" "${CONFIG_2:?}" "${MINOR:?}"
  changed=no
  install_missing
  local version config
  version="$(containerd_version)"
  check_version "$version"
  config="$CONFIG_2"
  if [[ "$version" == 1.* ]]; then config="$CONFIG_1"; fi
  write /etc/containerd/config.toml "${config//@SANDBOX_IMAGE@/$SANDBOX_IMAGE}"
  if ! systemctl is-active --quiet containerd.service; then
    systemctl enable --quiet --now containerd.service
    changed=yes
  elif [[ "$changed" == yes ]]; then
    systemctl enable --quiet containerd.service
    systemctl restart containerd.service
  fi
  [[ "$changed" == yes ]] || exit 100
  printf 'containerd %s runs\n' "$version"
}

# "containerd github.com/containerd/containerd v1.7.24 <commit>", or without the v.
containerd_version() {
  local text
  text="$(containerd --version)"
  [[ "$text" =~ \ v?([0-9]+\.[0-9]+(\.[0-9]+)?) ]] || { printf 'no version in "%s"\n' "$text" >&2 && exit 105; }
  printf '%s' "${BASH_REMATCH[1]}"
}

# Before 1.6 there is no CRI v1, which every kubelet we install speaks. Kubernetes 1.38 gives up containerd 1.x.
check_version() {
  local major="${1%%.*}" minor="${1#*.}"
  minor="${minor%%.*}"
  if ((major == 2 || (major == 1 && minor >= 6 && ${MINOR#*.} < 38))); then return 0; fi
  printf 'containerd %s, Kubernetes %s\n' "$1" "$MINOR"
  exit 105
}

install_missing() {
  local packages=() pair
  for pair in containerd:containerd runc:runc zstd:zstd conntrack:conntrack ethtool:ethtool iptables:iptables \
    nft:nftables losetup:mount socat:socat; do
    command -v "${pair%:*}" >/dev/null || packages+=("${pair#*:}")
  done
  ((${#packages[@]} > 0)) || return 0
  printf 'installing %s\n' "${packages[*]}"
  export DEBIAN_FRONTEND=noninteractive
  apt_get update || exit 103
  apt_get install --no-install-recommends "${packages[@]}" || exit 103
  changed=yes
}

# Waits for whoever updates packages at boot.
apt_get() { apt-get --quiet --quiet --yes -o DPkg::Lock::Timeout=180 -o Acquire::Retries=3 "$@"; }

write() {
  [[ ! -f "$1" || "$(<"$1")" != "${2%$'\n'}" ]] || return 0
  mkdir -p "$(dirname "$1")"
  printf '%s' "$2" >"$1.new"
  mv -f "$1.new" "$1"
  changed=yes
}

main
