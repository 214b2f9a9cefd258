#!/usr/bin/env bash
# Checks that the package repository answers. Inputs: URL. Exit code 103: it does not.
set -euo pipefail

main() {
  : "${URL:?}"
  if command -v curl >/dev/null; then
    curl --fail --silent --show-error --location --head --max-time 5 --output /dev/null -- "$URL" || exit 103
    return
  fi
  # An image without curl has none before its first package: the TCP connection alone says much.
  local host="${URL#*://}"
  # shellcheck disable=SC2016 # $1 is the inner shell's
  timeout 5 bash -c 'exec 3<>"/dev/tcp/$1/443"' connect "${host%%/*}" || exit 103
}

main
