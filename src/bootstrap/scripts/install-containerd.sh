#!/usr/bin/env bash
# Makes containerd run as Kubernetes needs it, and installs it, and the tools kubeadm asks for, where they are missing.
# Inputs: SANDBOX_IMAGE, CONFIG_1 and CONFIG_2 (text of config.toml for containerd 1.x and 2.x).
# Exit codes: 100 all was so already, 103 the package repository does not answer, 105 no such containerd.
set -euo pipefail

main() {
  : "${SANDBOX_IMAGE:?}" "${CONFIG_1:?}" "${CONFIG_2:?}"
  changed=no
  install_missing
  local version config
  version="$(containerd --version)"
  case "$version" in
    *" 1."* | *" v1."*) config="$CONFIG_1" ;;
    *" 2."* | *" v2."*) config="$CONFIG_2" ;;
    *)
      printf 'we know no configuration for %s\n' "$version"
      exit 105
      ;;
  esac
  write /etc/containerd/config.toml "${config//@SANDBOX_IMAGE@/$SANDBOX_IMAGE}"
  if ! systemctl is-active --quiet containerd.service; then
    systemctl enable --quiet --now containerd.service
    changed=yes
  elif [[ "$changed" == yes ]]; then
    systemctl enable --quiet containerd.service
    systemctl restart containerd.service
  fi
  [[ "$changed" == yes ]] || exit 100
  printf '%s runs\n' "${version%% github*}"
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
