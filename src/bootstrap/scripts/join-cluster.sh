#!/usr/bin/env bash
# Joins this host to the cluster as a node.
# Inputs: JOIN_CONFIGURATION (kubeadm's, which names the files below), DISCOVERY_KUBECONFIG, KUBELET_PATCH (may be
# empty), API_SERVER (host:port).
# Exit codes: 100 it had joined already, 107 the API server does not answer from here, 108 kubeadm failed on the way,
# 109 kubeadm refused to begin.
set -euo pipefail

readonly FOLDER=/run/stargate/join

main() {
  : "${JOIN_CONFIGURATION:?}" "${DISCOVERY_KUBECONFIG:?}" "${KUBELET_PATCH?}" "${API_SERVER:?}"
  # The Operation reset this host before, so what has joined is its own earlier try.
  if [[ -s /var/lib/kubelet/pki/kubelet-client-current.pem ]] && systemctl is-active --quiet kubelet.service; then
    exit 100
  fi
  export -n JOIN_CONFIGURATION DISCOVERY_KUBECONFIG KUBELET_PATCH
  wait_for_api_server
  umask 077
  trap 'rm -rf "$FOLDER"' EXIT
  mkdir -p "$FOLDER/patches"
  printf '%s' "$JOIN_CONFIGURATION" >"$FOLDER/join.yaml"
  printf '%s' "$DISCOVERY_KUBECONFIG" >"$FOLDER/discovery.yaml"
  if [[ -n "$KUBELET_PATCH" ]]; then
    printf '%s' "$KUBELET_PATCH" >"$FOLDER/patches/kubeletconfiguration0+merge.json"
  fi
  remove_half_join
  if ! join; then
    if grep -q '\[preflight\] Some fatal errors occurred\|error execution phase preflight' "$FOLDER/errors"; then exit 109; fi
    exit 108
  fi
}

# Every failure of kubeadm ends with exit code 1: what it says tells a refusal from a failure on the way.
join() {
  { kubeadm join --config "$FOLDER/join.yaml" 2>&1 >&3 | tee "$FOLDER/errors" >&2; } 3>&1
}

# The first packets into a tailnet can be lost while its paths settle.
wait_for_api_server() {
  local host="${API_SERVER%:*}" port="${API_SERVER##*:}"
  while ((SECONDS < 60)); do
    # shellcheck disable=SC2016 # the inner shell's
    if timeout 5 bash -c 'exec 3<>"/dev/tcp/$1/$2"' connect "$host" "$port" 2>/dev/null; then return 0; fi
    printf 'the API server %s does not answer yet\n' "$API_SERVER"
    sleep 1
  done
  exit 107
}

# kubeadm refuses to begin where an earlier try got half-way.
remove_half_join() {
  [[ -e /etc/kubernetes/kubelet.conf || -e /etc/kubernetes/bootstrap-kubelet.conf || -e /etc/kubernetes/pki/ca.crt ]] || return 0
  systemctl stop kubelet.service || true
  rm -rf /etc/kubernetes/{kubelet.conf,bootstrap-kubelet.conf,pki} /var/lib/kubelet/{config.yaml,kubeadm-flags.env,pki}
}

main
