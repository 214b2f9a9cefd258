#!/usr/bin/env bash
# Removes everything of ours from this machine: datacenters, lab, controllers, state, caches, build output.
# KEEP_CACHE=1 keeps what only costs time to make again. Called by make clean-all; arguments go to the program.
set -euo pipefail

main() {
  cd "$(dirname "${BASH_SOURCE[0]}")/.."
  local state cache
  state="${STARGATE_STATE_DIR:-${XDG_STATE_HOME:-$HOME/.local/state}/stargate}"
  cache="${STARGATE_CACHE_DIR:-${XDG_CACHE_HOME:-$HOME/.cache}/stargate}"

  if [[ -d "$state" || -d "$cache" ]]; then
    [[ -x bin/stargate && -d dist ]] || make --no-print-directory build
    bin/stargate clean-all ${KEEP_CACHE:+--keep-cache} "$@"
  else
    printf 'Nothing of ours is in %s or %s\n' "$state" "$cache"
  fi
  rm -rf bin dist
  [[ -n "${KEEP_CACHE:-}" ]] || rm -rf node_modules
}

main "$@"
