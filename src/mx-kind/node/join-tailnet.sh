#!/usr/bin/env bash
# Joins this container to the tailnet.
# Inputs: AUTH_KEY, LOGIN_SERVER (empty for Tailscale's own), HOST_NAME.
# Exit codes: 100 tailscaled does not answer, 101 the tailnet did not let it in.
set -euo pipefail

main() {
  : "${AUTH_KEY:?}" "${LOGIN_SERVER?}" "${HOST_NAME:?}"
  export -n AUTH_KEY
  local folder
  folder="$(mktemp -d /run/stargate.XXXXXX)"
  # shellcheck disable=SC2064 # the folder of now
  trap "rm -rf '$folder'" EXIT
  wait_for_daemon
  (
    umask 077
    printf '%s' "$AUTH_KEY" >"$folder/auth-key"
  )
  # Routes are accepted, or the API server would reach no kubelet behind a router.
  local -a flags=(--auth-key="file:$folder/auth-key" --hostname="$HOST_NAME" --accept-routes --accept-dns=false)
  [[ -z "$LOGIN_SERVER" ]] || flags+=(--login-server="$LOGIN_SERVER")
  tailscale up --reset --timeout=60s "${flags[@]}" || exit 101
}

wait_for_daemon() {
  while ((SECONDS < 30)); do
    # Exit code 1 with a JSON answer is "not logged in": it listens.
    [[ "$(tailscale status --json 2>/dev/null || true)" != *BackendState* ]] || return 0
    sleep 0.2
  done
  exit 100
}

main
