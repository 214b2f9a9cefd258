#!/usr/bin/env bash
# Boots a host in namespaces of its own: the root file system of BASE, changed only in FOLDER, with its own systemd as
# process 1. What a kernel would do for it (modules, the state of bridges) is stood in for; its network is loopback.
# Killing this script is a power cut. Called by unshare.
# Arguments: BASE, FOLDER, the Node.js program, and this repository's folder: the stand-ins for kubelet and kubeadm.
set -euo pipefail

main() {
  local base="$1" folder="$2" node="$3" repository="$4"
  mount --make-rprivate /
  mkdir -p "$folder"/{upper/disk,upper/work,root,shared,containerd}
  mount -t overlay overlay -o "lowerdir=$base,upperdir=$folder/upper/disk,workdir=$folder/upper/work" "$folder/root"
  cd "$folder/root"
  mount -t proc proc proc
  mount -t sysfs sysfs sys
  stand_in_for_devices
  stand_in_for_kernel "$folder"
  mkdir -p shared var/lib/containerd
  mount --bind "$folder/shared" shared
  # An overlay cannot lie on an overlay: containerd's files are beside.
  mount --bind "$folder/containerd" var/lib/containerd
  mkdir -p opt/stargate/repository
  : >opt/stargate/node
  mount --bind "$node" opt/stargate/node
  mount --rbind "$repository" opt/stargate/repository
  ip link set lo up
  mkdir -p .before
  pivot_root . .before
  umount -l /.before
  # sshd must not listen to whoever starts the test.
  exec env -i container=stargate-test PATH=/usr/sbin:/usr/bin:/sbin:/bin /usr/sbin/init --log-target=journal \
    </dev/null &>/dev/null
}

stand_in_for_devices() {
  local name
  mount -t tmpfs -o mode=755 tmpfs dev
  for name in null zero full random urandom tty; do
    : >"dev/$name"
    mount --bind "/dev/$name" "dev/$name"
  done
  mkdir -p dev/pts dev/shm
  mount -t devpts -o newinstance,ptmxmode=0666,mode=620 devpts dev/pts
  ln -s pts/ptmx dev/ptmx
  ln -s /proc/self/fd dev/fd
  mount -t tmpfs tmpfs dev/shm
  mount -t tmpfs -o mode=755 tmpfs run
  mount -t tmpfs tmpfs tmp
  mount -t cgroup2 cgroup2 sys/fs/cgroup
}

# The kernel is the machine's own: its settings outside the network namespace are not this host's to change.
stand_in_for_kernel() {
  local folder="$1"
  mount --bind proc/sys proc/sys
  mount -o remount,bind,ro proc/sys
  mount --bind proc/sys/net proc/sys/net
  mount -o remount,bind,rw proc/sys/net
  cat /proc/sys/kernel/random/uuid >"$folder/boot-id"
  mount --bind "$folder/boot-id" proc/sys/kernel/random/boot_id
  mount -t tmpfs tmpfs sys/module
  # shellcheck disable=SC2016 # that script's own argument
  printf '#!/bin/sh\nexec mkdir -p "/sys/module/$1"\n' >usr/local/sbin/modprobe
  printf '#!/bin/sh\nexec /usr/sbin/sysctl --ignore "$@"\n' >usr/local/sbin/sysctl
  chmod +x usr/local/sbin/{modprobe,sysctl}
}

main "$@"
