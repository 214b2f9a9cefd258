#!/usr/bin/env bash
# Makes the API server's certificate and manifest anew from kubeadm's configuration, and publishes that to the cluster.
# The kubelet restarts the API server when its manifest changes; a new certificate it takes up by itself.
# Inputs: KUBEADM_CONF.
# Exit codes: 100 kubeadm could not make the certificate.
set -euo pipefail

readonly PKI=/etc/kubernetes/pki

main() {
  : "${KUBEADM_CONF:?}"
  export -n KUBEADM_CONF
  umask 077
  printf '%s' "$KUBEADM_CONF" >/kind/kubeadm.conf.new
  mv -f /kind/kubeadm.conf.new /kind/kubeadm.conf
  # kubeadm makes none where there is one. The API server goes on with the pair it has read until the new one is there.
  set_aside apiserver.crt
  set_aside apiserver.key
  if ! kubeadm init phase certs apiserver --config /kind/kubeadm.conf >/dev/null; then
    mv -f "$PKI/apiserver.crt.old" "$PKI/apiserver.crt"
    mv -f "$PKI/apiserver.key.old" "$PKI/apiserver.key"
    exit 100
  fi
  rm -f "$PKI"/apiserver.{crt,key}.old
  kubeadm init phase control-plane apiserver --config /kind/kubeadm.conf >/dev/null
  kubeadm init phase upload-config kubeadm --config /kind/kubeadm.conf --kubeconfig /etc/kubernetes/admin.conf >/dev/null
}

set_aside() {
  [[ ! -f "$PKI/$1" ]] || mv -f "$PKI/$1" "$PKI/$1.old"
}

main
