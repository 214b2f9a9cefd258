#!/usr/bin/env bash
# The part of a worker's join that decides what its kubelet is told, in a fake node: kubeadm's phase that downloads the
# cluster's kubelet configuration and patches it. On folders of its own, so the node there is not touched. Prints that
# configuration; the kubeconfig is left in /run/joined.
# Arguments: JOIN_CONFIGURATION DISCOVERY_KUBECONFIG KUBELET_PATCH.
set -euo pipefail

join() {
  mkdir -p /var/lib/kubelet /run/stargate/join/patches /run/joined
  mount -t tmpfs tmpfs /etc/kubernetes
  mount -t tmpfs tmpfs /var/lib/kubelet
  printf '%s' "$1" >/run/stargate/join/join.yaml
  printf '%s' "$2" >/run/stargate/join/discovery.yaml
  printf '%s' "$3" >/run/stargate/join/patches/kubeletconfiguration0+merge.json
  # There is no kubelet to start here: that this fails is what comes after the configuration.
  kubeadm join phase kubelet-start --config /run/stargate/join/join.yaml >/run/joined/log 2>&1 || true
  cp /etc/kubernetes/bootstrap-kubelet.conf /run/joined/kubelet.conf || { cat /run/joined/log >&2 && exit 1; }
  cat /var/lib/kubelet/config.yaml
}

export -f join
unshare --mount --propagation unchanged bash -c 'join "$@"' join "$@"
