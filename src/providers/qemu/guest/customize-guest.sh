#!/usr/bin/env bash
# Turns a fresh root file system into our guest: one network stack, a small initrd, and nothing at boot that a server
# in a datacenter has no use for, or that sends something out unasked. Every unit left out is time that an emulated
# processor does not spend.
# Arguments: the root folder. Inputs: CLOUD_CONFIG (text of cloud.cfg).
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
# Programs that systemd runs before anything else, to make units for what we do not have.
readonly unused_generators=(
  systemd-bless-boot-generator systemd-cryptsetup-generator systemd-debug-generator systemd-getty-generator
  systemd-gpt-auto-generator systemd-hibernate-resume-generator systemd-integritysetup-generator systemd-rc-local-generator
  systemd-run-generator systemd-ssh-generator systemd-sysv-generator systemd-tpm2-generator systemd-veritysetup-generator
)

main() {
  local root="$1" unit
  printf '%s\n' "$CLOUD_CONFIG" >"$root/etc/cloud/cloud.cfg"
  rm -f "$root"/etc/cloud/cloud.cfg.d/*
  install -d "$root/etc/initramfs-tools/conf.d" "$root/etc/systemd/journald.conf.d" "$root/etc/ssh/sshd_config.d"
  printf 'MODULES=list\nCOMPRESS=zstd\n' >"$root/etc/initramfs-tools/conf.d/stargate.conf"
  printf '%s\n' virtio_pci virtio_blk virtio_net virtio_rng ext4 isofs >"$root/etc/initramfs-tools/modules"
  printf '[Journal]\nStorage=volatile\nRuntimeMaxUse=32M\n' >"$root/etc/systemd/journald.conf.d/stargate.conf"
  printf 'PasswordAuthentication no\nKbdInteractiveAuthentication no\nPermitRootLogin no\nUseDNS no\n' \
    >"$root/etc/ssh/sshd_config.d/stargate.conf"
  printf 'LABEL=stargate-root / ext4 defaults,noatime,x-systemd.growfs 0 0\n' >"$root/etc/fstab"
  printf '127.0.0.1 localhost\n' >"$root/etc/hosts"
  # cloud-init writes the name servers there; on an image with systemd-resolved it is that file that matters.
  install -d "$root/etc/stargate"
  : >"$root/etc/stargate/resolv.conf"
  ln -sfn stargate/resolv.conf "$root/etc/resolv.conf"

  for unit in "${masked[@]}"; do
    ln -sf /dev/null "$root/etc/systemd/system/$unit"
  done
  install -d "$root/etc/systemd/system-generators"
  for unit in "${unused_generators[@]}"; do
    ln -sf /dev/null "$root/etc/systemd/system-generators/$unit"
  done
  ln -sf /usr/lib/systemd/system/multi-user.target "$root/etc/systemd/system/default.target"
  # A bare machine: containerd is there as on many images, and runs once an Operation has configured it.
  chroot "$root" systemctl --quiet disable containerd.service keepalived.service
  chroot "$root" systemctl --quiet enable systemd-networkd.service ssh.service
  chroot "$root" update-initramfs -u

  # Each VM gets its own of these when it boots.
  rm -f "$root"/etc/ssh/ssh_host_* "$root/etc/hostname" "$root/var/lib/dbus/machine-id"
  : >"$root/etc/machine-id"
  # Nothing in /usr is newer than these: what only refreshes caches after an update is skipped at boot.
  touch "$root/etc/.updated" "$root/var/.updated"
}

main "$@"
