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
  # A container that was started again is in already: only then not to log in once more, with a key that may be another.
  [[ "$state" != Running ]] || return 0
  (
    umask 077
    printf '%s' "$AUTH_KEY" >"$folder/auth-key"
  )
  # Routes are accepted, or the API server would reach no kubelet behind a router.
  local -a flags=(--auth-key="file:$folder/auth-key" --hostname="$HOST_NAME" --accept-routes --accept-dns=false)
  [[ -z "$LOGIN_SERVER" ]] || flags+=(--login-server="$LOGIN_SERVER")
  tailscale up --reset --timeout=60s "${flags[@]}" || exit 101
}

# Sets `state` once tailscaled knows it: after a start it takes a moment to find out whether it is still let in.
wait_for_daemon() {
  state=""
  while ((SECONDS < 30)); do
    # Exit code 1 with a JSON answer is "not logged in": it listens.
    state="$(tailscale status --json 2>/dev/null | sed -n 's/^ *"BackendState": "\([^"]*\)".*/\1/p' || true)"
    [[ "$state" == "" || "$state" == NoState || "$state" == Starting ]] || return 0
    sleep 0.2
  done
  [[ -n "$state" ]] || exit 100
}

main
