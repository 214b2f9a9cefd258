#!/usr/bin/env bash
# Joins the tailnet with the key in the seed. A key serves once: with the key of an earlier run, or without one, the
# router stays what it is in the tailnet and only its settings are brought up to date.
set -euo pipefail

# Checksum of the last key that was used, so that the same seed at the next boot does not join anew.
readonly USED=/var/lib/stargate/used-key

main() {
  cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")"
  # shellcheck source=/dev/null
  source ./read-seed.sh
  local flags=(
    --hostname="$(setting HOST_NAME)"
    --advertise-routes="$(setting SUBNET)"
    --accept-routes
    --accept-dns=false
    --netfilter-mode=off
    --snat-subnet-routes=false
  )
  if mount_seed && [[ -s "$SEED/auth-key" ]] && is_new_key; then
    join "${flags[@]}"
  else
    tailscale set "${flags[@]}"
  fi
}

is_new_key() {
  [[ "$(sha256sum <"$SEED/auth-key")" != "$(cat "$USED" 2>/dev/null)" ]]
}

join() {
  local login_server
  login_server="$(setting LOGIN_SERVER)"
  tailscale up --reset --force-reauth --timeout=60s --auth-key="file:$SEED/auth-key" \
    --login-server="${login_server:-https://controlplane.tailscale.com}" "$@"
  mkdir -p "${USED%/*}"
  sha256sum <"$SEED/auth-key" >"$USED"
}

main
