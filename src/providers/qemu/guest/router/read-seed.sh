#!/usr/bin/env bash
# Functions to read what the seed says; sourced by the scripts beside it.

readonly SEED=/run/stargate/seed
readonly SETTINGS=/etc/stargate/router.env

# Mounts the seed where there is one, for the life of the script.
mount_seed() {
  [[ -b /dev/disk/by-label/cidata ]] || return 1
  mkdir -p "$SEED"
  mount -o ro /dev/disk/by-label/cidata "$SEED" || return 1
  trap 'umount "$SEED"' EXIT
}

# Prints a setting's value.
setting() {
  local name value
  while IFS='=' read -r name value; do
    if [[ "$name" == "$1" ]]; then printf '%s' "$value"; fi
  done <"$SETTINGS"
}
