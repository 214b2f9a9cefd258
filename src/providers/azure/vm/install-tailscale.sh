#!/usr/bin/env bash
# Installs tailscale from its package repository or from a mirror, unless the image has it. Run by cloud-init; tries for
# ten minutes, because a way out can come up late.
# Reads MIRROR (its URL; empty: none), TAILSCALE (path of the archive there) and TAILSCALE_SHA256 from
# /etc/stargate/mirror.env.
set -euo pipefail

main() {
  # shellcheck source=/dev/null
  source /etc/stargate/mirror.env
  : "${MIRROR?}" "${TAILSCALE?}" "${TAILSCALE_SHA256?}"
  if ! command -v tailscale >/dev/null; then
    until if [[ -n "$MIRROR" ]]; then install_from_mirror; else install_package; fi; do
      ((SECONDS < 600)) || exit 1
      sleep 5
    done
  fi
  systemctl enable --quiet --now tailscaled.service
}

install_from_mirror() {
  local archive="/var/lib/stargate/artifacts/$TAILSCALE_SHA256"
  URL="$MIRROR" MANIFEST_SHA256='' FILES="$TAILSCALE_SHA256 $TAILSCALE" \
    /usr/local/lib/stargate/fetch-artifacts.sh || return 1
  tar --extract --gzip --no-same-owner --no-overwrite-dir --file "$archive" --directory / || return 1
  rm -f "$archive"
  systemctl daemon-reload
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
