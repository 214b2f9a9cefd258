#!/usr/bin/env bash
# The first process of a fake node: makes its file system and network, then becomes its kubelet.
# Arguments: FOLDER NAME ADDRESS PROGRAMS.
set -euo pipefail

main() {
  local folder="$1" name="$2" address="$3" programs="$4" root="$1/root"
  hostname "$name"
  mount --rbind /usr "$root/usr"
  mount --bind "$folder/bin" "$root/usr/local/bin"
  mount --bind "$programs" "$root/opt/programs"
  mount --rbind /dev "$root/dev"
  mount -t proc proc "$root/proc"
  ip link set lo up
  ip address add "$address/32" dev lo
  exec chroot "$root" /usr/bin/env -i PATH=/usr/local/bin:/usr/sbin:/usr/bin HOME=/root \
    /usr/bin/bash /kind/kubelet.sh "$name"
}

main "$@"
