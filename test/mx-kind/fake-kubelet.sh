#!/usr/bin/env bash
# Stands in for systemd and the kubelet of a fake node: starts the units that are enabled, runs what the manifests of
# static Pods say, starts it again when its manifest changes, and reports the node Ready once its network is there.
# Arguments: NAME.
set -euo pipefail

readonly manifests=/etc/kubernetes/manifests
declare -A pids=() seen=()

main() {
  local name="$1" unit manifest
  touch /run/started
  until [[ -e /run/go ]]; do sleep 0.05; done
  for unit in /etc/systemd/system/multi-user.target.wants/*.service; do
    [[ ! -e "$unit" ]] || systemctl start "${unit##*/}"
  done
  while true; do
    for manifest in "$manifests"/{etcd,kube-apiserver}.yaml; do
      [[ ! -f "$manifest" ]] || keep_running "$manifest"
    done
    report_ready "$name"
    sleep 0.2
  done
}

keep_running() {
  local manifest="$1" program sum
  program="$(basename "$manifest" .yaml)"
  sum="$(sha256sum "$manifest")"
  if [[ -n "${pids[$program]:-}" ]] && kill -0 "${pids[$program]}" 2>/dev/null; then
    [[ "${seen[$program]}" != "$sum" ]] || return 0
    kill "${pids[$program]}"
    wait "${pids[$program]}" || true
  fi
  local -a argv=()
  mapfile -t argv < <(sed -n '/^  - command:/,/^    image:/ s/^    - //p' "$manifest")
  [[ "${argv[0]:-}" != kube-apiserver ]] || argv+=(--shutdown-delay-duration=0s --shutdown-send-retry-after=false)
  "${argv[@]}" >>"/var/log/$program.log" 2>&1 &
  pids[$program]=$!
  seen[$program]="$sum"
}

report_ready() {
  [[ ! -e /run/ready && -x /opt/cni/bin/bridge && -x /opt/cni/bin/flannel ]] || return 0
  local -a kubectl=(kubectl --kubeconfig /etc/kubernetes/admin.conf)
  "${kubectl[@]}" get daemonset -n kube-flannel kube-flannel-ds >/dev/null 2>&1 || return 0
  "${kubectl[@]}" patch node "$1" --subresource=status --type=merge --patch \
    '{"status":{"conditions":[{"type":"Ready","status":"True","reason":"KubeletReady","message":"kubelet is posting ready status"}]}}' \
    >/dev/null && touch /run/ready
}

main "$@"
