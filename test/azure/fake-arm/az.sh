#!/usr/bin/env bash
# Stands in for Azure's CLI, logged in: gives out the token that lies beside it, and knows nothing else.
set -euo pipefail

main() {
  case "${1:-} ${2:-}" in
    "account get-access-token") cat "$(dirname "$0")/token.json" ;;
    *)
      echo "the fake az does not know: $*" >&2
      return 2
      ;;
  esac
}

main "$@"
