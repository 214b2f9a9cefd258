#!/usr/bin/env bash
# Fetches a node bundle from a mirror into the store, each file verified before it gets its name, and prints its manifest.
# Inputs: URL (of the bundle's folder), MANIFEST_SHA256 (may be empty), FILES (lines "<sha256> <name>"; empty: only the
# manifest).
# Exit codes: 103 the mirror does not answer, 104 a file is not what its checksum says.
set -euo pipefail

readonly STORE=/var/lib/stargate/artifacts

main() {
  : "${URL:?}" "${MANIFEST_SHA256?}" "${FILES?}"
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
    fetch "$name" "$STORE/$sha256.part"
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

verify() {
  printf '%s  %s\n' "$1" "$3" | sha256sum --check --status && return 0
  rm -f "$3"
  printf '%s is not what its checksum says\n' "$2" >&2
  exit 104
}

main
