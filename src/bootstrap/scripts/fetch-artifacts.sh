#!/usr/bin/env bash
# Fetches a node bundle from a mirror into the store, each file verified before it gets its name, and prints its manifest.
# Inputs: URL (of the bundle's folder), MANIFEST_SHA256 (may be empty), FILES (lines "<sha256> <name>"; empty: only the
# manifest).
# Exit codes: 103 the mirror does not answer, 104 a file is not what its checksum says.
set -euo pipefail

readonly STORE=/var/lib/stargate/artifacts

main() {
  : "${URL:?}" "${MANIFEST_SHA256?}" "${FILES?}"
  command -v curl >/dev/null || { echo 'curl is not installed there' >&2 && exit 103; }
  mkdir -p "$STORE"
  local sha256 name
  if [[ -z "$FILES" ]]; then
    temporary="$(mktemp)"
    trap 'rm -f "$temporary"' EXIT
    fetch manifest.json "$temporary"
    [[ -z "$MANIFEST_SHA256" ]] || verify "$MANIFEST_SHA256" manifest.json "$temporary"
    cat "$temporary"
    return
  fi
  while read -r sha256 name; do
    [[ ! -e "$STORE/$sha256" ]] || continue
    if ! is_right "$sha256" "$STORE/$sha256.part"; then fetch "$name" "$STORE/$sha256.part"; fi
    verify "$sha256" "$name" "$STORE/$sha256.part"
    mv -f "$STORE/$sha256.part" "$STORE/$sha256"
    printf 'fetched %s\n' "$name"
  done <<<"$FILES"
}

fetch() {
  # Goes on where a part of it is there already.
  curl --fail --silent --show-error --location --proto-redir =https,http --connect-timeout 10 --retry 3 \
    --speed-limit 1000 --speed-time 30 --continue-at - --output "$2" -- "$URL/$1" || exit 103
}

is_right() { [[ -f "$2" ]] && printf '%s  %s\n' "$1" "$2" | sha256sum --check --status; }

verify() {
  is_right "$1" "$3" && return 0
  rm -f "$3"
  printf '%s is not what its checksum says\n' "$2" >&2
  exit 104
}

main
