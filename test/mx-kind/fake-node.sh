#!/usr/bin/env bash
# A "container" that is a node, made of namespaces: own network without any way out, own mounts and processes. What runs
# in it is real: kubeadm, etcd, kube-apiserver, tailscaled. A virtual machine may take its place by the same verbs.
#
#   create NAME           makes it, started, with the text on standard input as /kind/kubeadm.conf
#   start NAME [ADDRESS]  starts it again, with the same or another address, as kind's image does
#   stop NAME | delete NAME | is-running NAME | list
#   exec NAME ARGV…       runs a program in it; standard input goes there
#   read NAME PATH        prints a file of it, also while it is stopped
#   write NAME FOLDER FILE
#
# Environment: STAND_IN_DIR, STAND_IN_PROGRAMS (folder with kubeadm, etcd, kube-apiserver, kubectl), STAND_IN_RELAY
# (port on loopback in it that leads to the socket $STAND_IN_DIR/relay.sock).
set -euo pipefail

here="$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")"
readonly here
readonly nodes="$STAND_IN_DIR/nodes"

main() {
  local verb="$1"
  shift
  case "$verb" in
    create | start | stop | delete | read | write) "$verb" "$@" ;;
    exec) enter "$@" ;;
    is-running) is_running "$1" && printf 'true\n' || printf 'false\n' ;;
    list) [[ ! -d "$nodes" ]] || ls "$nodes" ;;
    *) exit 64 ;;
  esac
}

create() {
  local name="$1" root="$nodes/$1/root"
  mkdir -p "$root"/{dev,proc,tmp,run,root,kind,etc/systemd/system,opt/cni/bin,opt/programs,var/lib/etcd,var/log} "$nodes/$name/bin"
  ln -s usr/bin usr/sbin usr/lib "$root"
  [[ ! -e /lib64 ]] || ln -s usr/lib64 "$root/lib64"
  mkdir "$root/usr"
  ln -s ../run "$root/var/run"
  cp -a /etc/alternatives /etc/ld.so.cache /etc/passwd /etc/group "$root/etc/"
  cat >"$root/kind/kubeadm.conf"
  local program
  for program in kubeadm etcd kube-apiserver kubectl; do
    ln -s "/opt/programs/$program" "$nodes/$name/bin/$program"
  done
  install -m 0755 "$here/fake-systemctl.sh" "$nodes/$name/bin/systemctl"
  install -m 0755 "$here/fake-kubelet.sh" "$root/kind/kubelet.sh"
  start "$name" 172.18.0.2
}

start() {
  local name="$1" root="$nodes/$1/root" old address
  if is_running "$name"; then return 0; fi
  old="$(cat "$root/kind/old-ipv4" 2>/dev/null || true)"
  address="${2:-$old}"
  printf '127.0.0.1 localhost\n%s %s\n' "$address" "$name" >"$root/etc/hosts"
  printf '%s' "$address" >"$root/kind/old-ipv4"
  rm -rf "${root:?}/run" && mkdir "$root/run"
  setsid unshare --mount --net --uts --ipc --pid --fork --kill-child --propagation private \
    "$here/fake-node-init.sh" "$nodes/$name" "$name" "$address" "$STAND_IN_PROGRAMS" \
    </dev/null >>"$nodes/$name/log" 2>&1 &
  printf '%s\n' "$!" >"$nodes/$name/pid"
  until [[ -e "$root/run/started" ]]; do
    is_running "$name" || { tail -n 5 "$nodes/$name/log" >&2 && exit 1; }
    sleep 0.05
  done
  relay "$name" "tcp:$STAND_IN_RELAY" "unix:$STAND_IN_DIR/relay.sock"
  relay "$name" "unix:$nodes/$name/api.sock" tcp:6443
  # As the entrypoint of kind's image: what knows the old address is told the new one.
  if [[ -n "$old" && "$old" != "$address" ]]; then
    sed -i "s/\b${old//./\\.}\b/$address/g" "$root"/etc/kubernetes/manifests/*.yaml \
      "$root"/etc/kubernetes/{controller-manager,scheduler,kubelet}.conf "$root/kind/kubeadm.conf"
    rm -f "$root"/etc/kubernetes/pki/apiserver.{crt,key}
    (enter "$name" kubeadm init phase certs apiserver --config /kind/kubeadm.conf)
  fi
  touch "$root/run/go"
}

# Connections to one end are carried to the other; both are in the node's network, sockets are files of the host.
relay() {
  local name="$1"
  nsenter --target "$(init_of "$name")" --net node "$here/relay.ts" "$2" "$3" </dev/null >>"$nodes/$name/log" 2>&1 &
  printf '%s\n' "$!" >>"$nodes/$name/relays"
}

stop() {
  local name="$1" pid
  for pid in $(cat "$nodes/$name/pid" "$nodes/$name/relays" 2>/dev/null || true); do
    kill -KILL "$pid" 2>/dev/null || true
  done
  rm -f "$nodes/$name/pid" "$nodes/$name/relays" "$nodes/$name/api.sock"
}

delete() {
  [[ -d "$nodes/$1" ]] || return 0
  stop "$1"
  rm -rf "${nodes:?}/$1"
}

enter() {
  local name="$1"
  is_running "$name" || { printf 'Error response from daemon: container %s is not running\n' "$name" >&2 && exit 1; }
  exec nsenter --target "$(init_of "$name")" --mount --net --uts --ipc --pid --root --wdns=/ \
    env -i PATH=/usr/local/bin:/usr/sbin:/usr/bin HOME=/root "${@:2}"
}

read() { cat "$nodes/$1/root$2" 2>/dev/null; }

write() { cp "$3" "$nodes/$1/root$2"; }

is_running() {
  local pid
  pid="$(cat "$nodes/$1/pid" 2>/dev/null)" && kill -0 "$pid" 2>/dev/null
}

# The first process in it: the only child of the program that made the namespaces.
init_of() {
  local pid
  pid="$(cat "$nodes/$1/pid")"
  awk '{ print $1 }' "/proc/$pid/task/$pid/children"
}

main "$@"
