#!/usr/bin/env bash
# Makes a folder that looks as after a clone and `npm ci`: what git knows or would add, and the npm packages.
#
#   copy-checkout.sh FOLDER
set -euo pipefail

main() {
  local to="$1" packages
  mkdir -p "$to"
  git ls-files -z --cached --others --exclude-standard -- ':!node_modules' |
    tar --create --null --files-from=- --ignore-failed-read --file=- 2>/dev/null |
    tar --extract --directory="$to" --file=-
  packages="$(readlink -f node_modules)"
  cp -al "$packages" "$to/node_modules" 2>/dev/null || {
    rm -rf "$to/node_modules"
    cp -a "$packages" "$to/node_modules"
  }
  rm -f "$to/node_modules/.installed" # a link: touching it would touch the original
  touch "$to/node_modules/.installed"
}

main "$@"
