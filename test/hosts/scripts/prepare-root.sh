#!/usr/bin/env bash
# Turns a fresh root file system into that of a test host: a user who may become root, and a way in without a network.
# Arguments: the root folder.
set -euo pipefail

main() {
  local root="$1" unit
  chroot "$root" useradd --create-home --shell /bin/bash --password '*' ubuntu
  printf 'ubuntu ALL=(ALL) NOPASSWD:ALL\n' >"$root/etc/sudoers.d/ubuntu"
  printf '%s\n' 'HostKey /etc/ssh/host-key' 'AuthorizedKeysFile /etc/ssh/authorized-keys' 'UsePAM no' \
    'PasswordAuthentication no' 'PermitRootLogin no' >"$root/etc/ssh/sshd_config"
  rm -f "$root"/etc/ssh/ssh_host_*
  cat >"$root/etc/systemd/system/way-in.service" <<'END'
[Unit]
After=ssh.service
[Service]
ExecStart=/usr/bin/socat UNIX-LISTEN:/shared/ssh.sock,fork,unlink-early TCP:127.0.0.1:22
[Install]
WantedBy=multi-user.target
END
  for unit in ldconfig systemd-journal-catalog-update systemd-hwdb-update systemd-firstboot e2scrub_reap apt-daily dpkg-db-backup; do
    ln -sf /dev/null "$root/etc/systemd/system/$unit.service"
  done
  chroot "$root" systemctl --quiet enable way-in.service
  chroot "$root" systemctl --quiet disable containerd.service
  printf 'vm-1\n' >"$root/etc/hostname"
  printf '127.0.0.1 localhost vm-1\n' >"$root/etc/hosts"
  rm -f "$root/etc/machine-id" "$root/var/lib/dbus/machine-id"
}

main "$@"
