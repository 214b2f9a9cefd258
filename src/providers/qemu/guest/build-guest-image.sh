#!/usr/bin/env bash
# Builds the guest image out of Debian packages: root file system, kernel and initrd, into OUT.
# Needs no root: mmdebstrap then works in a user namespace of its own.
# Inputs: OUT (an empty folder, writable for all as the namespace's users are others), FILES (folder of this script),
# PACKAGES (comma-separated), MIRROR (may be empty: Debian's own).
set -euo pipefail

main() {
  : "${OUT:?}" "${FILES:?}" "${PACKAGES:?}" "${MIRROR=}"
  export OUT FILES
  local arguments=(
    --variant=essential
    --include="$PACKAGES"
    --aptopt='Apt::Install-Recommends "false"'
    --dpkgopt='path-exclude=/usr/share/man/*'
    --dpkgopt='path-exclude=/usr/share/doc/*'
    --dpkgopt='path-exclude=/usr/share/locale/*'
    # shellcheck disable=SC2016 # mmdebstrap's own shell reads these
    --customize-hook='"$FILES/customize-guest.sh" "$1"'
    --customize-hook='"$FILES/pack-guest.sh" "$1"'
    trixie /dev/null
  )
  if [[ -n "$MIRROR" ]]; then
    arguments+=("$MIRROR")
  fi
  mmdebstrap "${arguments[@]}"
}

main
