#!/usr/bin/env bash
# Turns a fresh root file system into our guest: one network stack, a small initrd, and nothing at boot that a server
# in a datacenter has no use for, or that sends something out unasked. Every unit left out is time that an emulated
# processor does not spend.
# Arguments: the root folder. Inputs: FILES (folder of this script).
set -euo pipefail

readonly masked=(
  apt-daily.timer apt-daily-upgrade.timer dpkg-db-backup.timer fstrim.timer man-db.timer e2scrub_all.timer
  systemd-timesyncd.service systemd-networkd-wait-online.service systemd-pstore.service systemd-binfmt.service
  systemd-firstboot.service systemd-hwdb-update.service ldconfig.service systemd-journal-catalog-update.service
  systemd-hibernate-clear.service systemd-journal-flush.service sshd-keygen.service
  modprobe@configfs.service modprobe@efi_pstore.service modprobe@fuse.service modprobe@drm.service
  modprobe@dm_mod.service modprobe@loop.service
  sys-fs-fuse-connections.mount sys-kernel-debug.mount sys-kernel-tracing.mount
  proc-sys-fs-binfmt_misc.automount getty@tty1.service serial-getty@ttyS0.service
)

main() {
  local root="$1" unit
  install -m 0644 "$FILES/cloud.yaml" "$root/etc/cloud/cloud.cfg"
  rm -f "$root"/etc/cloud/cloud.cfg.d/*
  install -d "$root/etc/initramfs-tools/conf.d" "$root/etc/systemd/journald.conf.d" "$root/etc/ssh/sshd_config.d"
  printf 'MODULES=list\nCOMPRESS=zstd\n' >"$root/etc/initramfs-tools/conf.d/stargate.conf"
  printf '%s\n' virtio_pci virtio_blk virtio_net virtio_rng ext4 isofs >"$root/etc/initramfs-tools/modules"
  printf '[Journal]\nStorage=volatile\nRuntimeMaxUse=32M\n' >"$root/etc/systemd/journald.conf.d/stargate.conf"
  printf 'PasswordAuthentication no\nKbdInteractiveAuthentication no\nPermitRootLogin no\nUseDNS no\n' \
    >"$root/etc/ssh/sshd_config.d/stargate.conf"
  printf 'LABEL=stargate-root / ext4 defaults,noatime 0 1\n' >"$root/etc/fstab"
  printf '127.0.0.1 localhost\n' >"$root/etc/hosts"
  rm -f "$root/etc/resolv.conf"
  : >"$root/etc/resolv.conf"

  for unit in "${masked[@]}"; do
    ln -sf /dev/null "$root/etc/systemd/system/$unit"
  done
  # A bare machine: containerd is there as on many images, and runs once an Operation has configured it.
  chroot "$root" systemctl --quiet disable containerd.service
  chroot "$root" systemctl --quiet enable systemd-networkd.service ssh.service
  chroot "$root" update-initramfs -u

  # Each VM gets its own of these when it boots.
  rm -f "$root"/etc/ssh/ssh_host_* "$root/etc/hostname" "$root/var/lib/dbus/machine-id"
  printf 'uninitialized\n' >"$root/etc/machine-id"
  # Nothing in /usr is newer than these: what only refreshes caches after an update is skipped at boot.
  touch "$root/etc/.updated" "$root/var/.updated"
}

main "$@"
