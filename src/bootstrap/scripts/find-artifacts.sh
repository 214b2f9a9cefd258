#!/usr/bin/env bash
# Prints the names of the files of a node bundle that are not on this host. What is there is verified once, and then
# found in the store by its checksum. Files of other bundles make room.
# Inputs: FILES (lines "<sha256> <name>").
set -euo pipefail

readonly STORE=/var/lib/stargate/artifacts
readonly VOLUME=/dev/disk/by-label/STARGATE-ARTIFACTS
readonly MOUNT=/run/stargate/artifacts

main() {
  : "${FILES:?}"
  mkdir -p "$STORE"
  remove_others
  local missing=() sha256 name
  while read -r sha256 name; do
    # -e follows links: one to a volume that is gone counts as missing.
    [[ -e "$STORE/$sha256" ]] || missing+=("$sha256  $name")
  done <<<"$FILES"
  ((${#missing[@]} > 0)) || return 0

  mount_volume
  local ok=""
  if mountpoint -q "$MOUNT"; then
    ok="$(cd "$MOUNT" && printf '%s\n' "${missing[@]}" | xargs -P "$(nproc)" -L 1 bash -c 'verify "$@"' verify)"
  fi
  local one
  for one in "${missing[@]}"; do
    sha256="${one%% *}"
    name="${one##* }"
    if [[ $'\n'"$ok"$'\n' == *$'\n'"$sha256"$'\n'* ]]; then ln -sfn "$MOUNT/$name" "$STORE/$sha256"; else printf '%s\n' "$name"; fi
  done
}

remove_others() {
  local path name
  for path in "$STORE"/*; do
    name="${path##*/}"
    [[ "$FILES" == *"${name%.part} "* ]] || rm -f "$path"
  done
}

verify() {
  if printf '%s  %s\n' "$1" "$2" | sha256sum --check --status 2>/dev/null; then printf '%s\n' "$1"; fi
}
export -f verify

mount_volume() {
  [[ -b "$VOLUME" ]] || return 0
  mkdir -p "$MOUNT"
  mountpoint -q "$MOUNT" || mount -o ro "$VOLUME" "$MOUNT"
}

main
