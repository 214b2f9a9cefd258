#!/usr/bin/env bash
# Builds the guest image out of Debian packages into OUT: root.img (an ext4 file system), vmlinuz, initrd.
# Needs no root: mmdebstrap then works in a user namespace of its own. What runs in there may be unable to enter our
# folders (a home is often closed to others), so it gets its scripts by the environment and hands its result out by
# an open file.
# Inputs: OUT (an empty folder), FILES (folder of this script), PACKAGES (comma-separated), MIRROR (may be empty:
# Debian's own), SCRATCH (folder for large temporary files that everybody may enter).
set -euo pipefail

readonly SUITE=trixie

main() {
  : "${OUT:?}" "${FILES:?}" "${PACKAGES:?}" "${MIRROR=}" "${SCRATCH:?}"
  CUSTOMIZE="$(<"$FILES/customize-guest.sh")"
  PACK="$(<"$FILES/pack-guest.sh")"
  CLOUD_CONFIG="$(<"$FILES/cloud.yaml")"
  export CUSTOMIZE PACK CLOUD_CONFIG SCRATCH
  # shellcheck disable=SC2016 # mmdebstrap's own shell reads the hooks
  local arguments=(
    --variant=essential
    --format=null
    --include="$PACKAGES"
    --aptopt='Apt::Install-Recommends "false"'
    --dpkgopt='path-exclude=/usr/share/man/*'
    --dpkgopt='path-exclude=/usr/share/doc/*'
    --dpkgopt='path-exclude=/usr/share/locale/*'
    --customize-hook='bash -c "$CUSTOMIZE" customize-guest "$1"'
    --customize-hook='bash -c "$PACK" pack-guest "$1" >&3'
    --keyring=/usr/share/keyrings/debian-archive-keyring.gpg
    "$SUITE" /dev/null
  )
  cd /
  # Without a mirror named, mmdebstrap takes Debian's own, with its updates and security fixes.
  TMPDIR="$SCRATCH" mmdebstrap "${arguments[@]}" ${MIRROR:+"$MIRROR"} 3>&1 >&2 </dev/null |
    tar --extract --sparse --directory "$OUT"
}

main
