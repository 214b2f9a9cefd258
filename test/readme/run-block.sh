#!/usr/bin/env bash
# Runs a block of shell commands as one of several that a person types in the same shell: what one exports, the next
# one has. The first command that fails ends it, with its exit code.
#
#   run-block.sh BLOCK EXPORTS BACKGROUND LOG
#
# BLOCK: file with the commands. EXPORTS: file that keeps what is exported. BACKGROUND: file that gets the process ids of
# what goes on in the background. LOG: file that gets everything that is said.
set -euo pipefail

main() {
  local exports="$2" background="$3"
  exec </dev/null >"$4" 2>&1
  # shellcheck source=/dev/null
  [[ ! -f "$exports" ]] || source "$exports"
  # shellcheck source=/dev/null
  source "$1"
  export -p >"$exports"
  jobs -p >>"$background"
}

main "$@"
