#!/usr/bin/env bash
# Packs a root file system as a tar of root.img (ext4), vmlinuz and initrd to standard output. Needs no loop device.
# Arguments: the root folder. Inputs: SCRATCH.
set -euo pipefail

main() {
  : "${SCRATCH:?}"
  local root="$1"
  folder="$(mktemp -d "$SCRATCH/stargate-image.XXXXXXXX")"
  trap 'rm -rf --one-file-system "$folder"' EXIT
  mv "$root"/boot/vmlinuz-* "$folder/vmlinuz"
  mv "$root"/boot/initrd.img-* "$folder/initrd"
  rm -rf "$root"/var/cache/apt/* "$root"/var/lib/apt/lists/* "$root"/var/log/*.log
  # The kernel's configuration stays: kubeadm asks for it before it joins.
  find "$root/boot" -mindepth 1 -not -name 'config-*' -delete
  truncate -s 3G "$folder/root.img"
  # Seen through a bind mount, the root has no /proc, /sys and /dev on it.
  mkdir "$folder/root"
  mount --bind "$root" "$folder/root"
  mkfs.ext4 -q -L stargate-root -E lazy_itable_init=1 -d "$folder/root" "$folder/root.img"
  umount "$folder/root"
  chmod 0644 "$folder"/{root.img,vmlinuz,initrd}
  tar --create --sparse --directory "$folder" --owner=0 --group=0 root.img vmlinuz initrd
}

main "$@"
