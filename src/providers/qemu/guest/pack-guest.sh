#!/usr/bin/env bash
# Packs a root file system into OUT: root.img (ext4), vmlinuz, initrd. Needs no loop device.
# Arguments: the root folder. Inputs: OUT.
set -euo pipefail

main() {
  local root="$1"
  cp "$root"/boot/vmlinuz-* "$OUT/vmlinuz"
  cp "$root"/boot/initrd.img-* "$OUT/initrd"
  rm -rf "$root"/boot/initrd.img-* "$root"/var/cache/apt/archives/*.deb "$root"/var/lib/apt/lists/*
  truncate -s 3G "$OUT/root.img"
  mkfs.ext4 -q -L stargate-root -E lazy_itable_init=1 -d "$root" "$OUT/root.img"
  chmod a+r "$OUT/vmlinuz" "$OUT/initrd" "$OUT/root.img"
}

main "$@"
