#!/usr/bin/env bash
# Starts a program of dist/main with the Node.js this project delivers, or with the host's where that is new enough.
# Build output: `make build` copies it to bin/<program>.
set -euo pipefail

main() {
  local self root program node flags=()
  self="${BASH_SOURCE[0]}"
  [[ ! -L "$self" && "$self" == /* ]] || self="$(readlink -f "$self")"
  root="${self%/bin/*}"
  program="${self##*/}"
  # What lives for months and reads long lists: a heap that stays small is worth a little work (src/lib/own-program.ts).
  [[ "$program" != *-controller ]] || flags=(--max-semi-space-size=4 --heap-growing-percent=20)
  for node in "$root"/node_modules/node-linux-*/bin/node; do
    [[ -x "$node" ]] && exec "$node" "${flags[@]}" "$root/dist/main/$program.js" "$@"
  done
  if node="$(command -v node)" && "$node" -e 'process.exit(parseInt(process.versions.node) >= 24 ? 0 : 1)'; then
    exec "$node" "${flags[@]}" "$root/dist/main/$program.js" "$@"
  fi
  printf 'error: %s needs Node.js 24 or newer, and none is here\n  next: Run "make build" in %s, which installs it.\n' \
    "$program" "$root" >&2
  exit 1
}

main "$@"
