#!/usr/bin/env bash
# Receives standard input into a file, whole or not at all: a cut connection leaves nothing under the final name.
# Inputs: TARGET (path), MODE (octal), SIZE (bytes), SHA256 (may be empty).
set -euo pipefail

main() {
  : "${TARGET:?}" "${MODE:?}" "${SIZE:?}" "${SHA256?}"
  mkdir -p "$(dirname "$TARGET")"
  temporary="$(mktemp "$TARGET.XXXXXX")"
  trap 'rm -f "$temporary"' EXIT
  cat >"$temporary"
  if [[ "$(stat -c %s "$temporary")" != "$SIZE" ]]; then
    printf 'received %s of %s bytes of %s\n' "$(stat -c %s "$temporary")" "$SIZE" "$TARGET" >&2
    exit 1
  fi
  if [[ -n "$SHA256" ]] && ! printf '%s  %s\n' "$SHA256" "$temporary" | sha256sum --check --status; then
    printf '%s is not what its checksum says\n' "$TARGET" >&2
    exit 104
  fi
  chmod "$MODE" "$temporary"
  sync "$temporary"
  mv -f "$temporary" "$TARGET"
}

main
