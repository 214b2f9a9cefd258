#!/usr/bin/env bash
# Removes everything of ours: what bin/stargate clean-all lists (it asks first), then what the build has made here.
# KEEP_CACHE=1 keeps what only costs time to make again; YES=1 does not ask. Arguments go to the program.
# Called by make clean-all. Works, and needs nothing, where nothing was ever built or run.
set -euo pipefail

# True where there may be something that the program has to remove.
needs_program() {
  local state cache
  state="${STARGATE_STATE_DIR:-${XDG_STATE_HOME:-$HOME/.local/state}/stargate}"
  cache="${STARGATE_CACHE_DIR:-${XDG_CACHE_HOME:-$HOME/.cache}/stargate}"
  [[ -d "$state" ]] || [[ -d "$cache" && -z "${KEEP_CACHE:-}" ]] ||
    compgen -G "${STARGATE_LOG_DIR:-/tmp}/stargate-*-controller.log" >/dev/null ||
    [[ -n "${TAILSCALE_CLIENT_ID:-}${TAILNET_API_KEY:-}" ]] ||
    { command -v kind >/dev/null && kind get clusters --quiet 2>/dev/null | grep -qx stargate-demo; }
}

main() {
  cd "$(dirname "${BASH_SOURCE[0]}")/.."
  if needs_program; then
    bin/stargate clean-all --help >/dev/null 2>&1 || make --no-print-directory build
    bin/stargate clean-all ${KEEP_CACHE:+--keep-cache} ${YES:+--yes} "$@"
  else
    printf 'Nothing of ours is on this machine\n'
  fi
  rm -rf bin dist
  [[ -n "${KEEP_CACHE:-}" ]] || rm -rf node_modules
}

main "$@"
