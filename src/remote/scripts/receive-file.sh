#!/usr/bin/env bash
# Receives standard input into a file, whole or not at all: a cut connection leaves nothing under the final name.
# Inputs: TARGET (path), MODE (octal), SIZE (bytes).
set -euo pipefail

main() {
  : "${TARGET:?}" "${MODE:?}" "${SIZE:?}"
  mkdir -p "$(dirname "$TARGET")"
  temporary="$(mktemp "$TARGET.XXXXXX")"
  trap 'rm -f "$temporary"' EXIT
  cat >"$temporary"
  if [[ "$(stat -c %s "$temporary")" != "$SIZE" ]]; then
    printf 'received %s of %s bytes of %s\n' "$(stat -c %s "$temporary")" "$SIZE" "$TARGET" >&2
    exit 1
  fi
  chmod "$MODE" "$temporary"
  sync "$temporary"
  mv -f "$temporary" "$TARGET"
}

main
