#!/usr/bin/env bash
# Installs tailscale from its package repository, unless the image has it. Run by cloud-init; tries for ten minutes,
# because a way out can come up late.
set -euo pipefail

main() {
  if ! command -v tailscale >/dev/null; then
    until install_package; do
      ((SECONDS < 600)) || exit 1
      sleep 5
    done
  fi
  systemctl enable --quiet --now tailscaled.service
}

install_package() {
  local id codename repository=https://pkgs.tailscale.com/stable
  # shellcheck disable=SC1091 # the host's own
  read -r id codename < <(source /etc/os-release && printf '%s %s\n' "$ID" "$VERSION_CODENAME")
  local keyring=/usr/share/keyrings/tailscale-archive-keyring.gpg
  command -v curl >/dev/null || apt_get install --no-install-recommends curl ca-certificates || return 1
  curl --fail --silent --show-error --location --output "$keyring" \
    "$repository/$id/$codename.noarmor.gpg" || return 1
  printf 'deb [signed-by=%s] %s/%s %s main\n' "$keyring" "$repository" "$id" "$codename" \
    >/etc/apt/sources.list.d/tailscale.list
  apt_get update || return 1
  apt_get install --no-install-recommends tailscale || return 1
}

# Waits for whoever updates packages at boot.
apt_get() { DEBIAN_FRONTEND=noninteractive apt-get --quiet --quiet --yes -o DPkg::Lock::Timeout=180 "$@"; }

main
