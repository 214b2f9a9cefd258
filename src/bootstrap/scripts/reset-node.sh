#!/usr/bin/env bash
# Removes what made this host a node. Quick where nothing is left of one; never fails because something is gone.
# Exit code 100: there was nothing to do.
set -euo pipefail

readonly KUBERNETES_FOLDERS=(/etc/kubernetes /var/lib/kubelet /var/lib/cni /run/flannel)
readonly CNI_CONFIGURATION=/etc/cni/net.d

main() {
  is_bare && exit 100
  if systemctl cat kubelet.service &>/dev/null; then
    systemctl disable --now --quiet kubelet.service || true
    echo 'kubelet stopped'
  fi
  if command -v kubeadm >/dev/null; then
    # The runtime must answer: kubeadm removes the pods through it.
    systemctl start containerd.service 2>/dev/null || true
    kubeadm reset --force --cri-socket unix:///run/containerd/containerd.sock || echo 'kubeadm reset did not finish; going on by hand'
  fi
  remove_pods
  remove_mounts
  rm -rf "${KUBERNETES_FOLDERS[@]}"
  # containerd watches this folder, and sees nothing of a new one in its place until it is started again.
  [[ ! -d "$CNI_CONFIGURATION" ]] || find "$CNI_CONFIGURATION" -mindepth 1 -delete
  remove_links
  remove_rules
  echo 'nothing is left of the node'
}

is_bare() {
  local folder
  for folder in /etc/kubernetes /var/lib/kubelet "$CNI_CONFIGURATION"; do
    # Packages ship empty folders.
    [[ -z "$(find "$folder" -mindepth 1 -not -type d -print -quit 2>/dev/null)" ]] || return 1
  done
  [[ ! -e /sys/class/net/cni0 && ! -e /sys/class/net/flannel.1 ]] || return 1
  [[ ! -e /run/flannel ]] || return 1
}

# What kubeadm left, or all of it where there is no kubeadm: containers first, their shims would keep mounts busy.
remove_pods() {
  command -v ctr >/dev/null && systemctl is-active --quiet containerd.service || return 0
  local id
  for id in $(ctr -n k8s.io tasks list -q 2>/dev/null); do ctr -n k8s.io tasks delete --force "$id" &>/dev/null || true; done
  for id in $(ctr -n k8s.io containers list -q 2>/dev/null); do ctr -n k8s.io containers delete "$id" &>/dev/null || true; done
}

remove_mounts() {
  local mount
  while read -r mount; do umount --lazy "$mount" || true; done < <(
    awk '$2 ~ "^/var/lib/kubelet/|^/run/netns/cni-" { print $2 }' /proc/self/mounts | sort -r
  )
  rm -f /run/netns/cni-*
}

remove_links() {
  local link
  for link in cni0 flannel.1 kube-ipvs0 nodelocaldns; do
    [[ ! -e "/sys/class/net/$link" ]] || ip link delete "$link" || true
  done
}

# Only tables and chains that kube-proxy, flannel and the CNI plugins make: the rest is the host's own.
remove_rules() {
  local family table tool
  if command -v nft >/dev/null; then
    while read -r _ family table; do
      case "$table" in kube-proxy | flannel-*) nft delete table "$family" "$table" || true ;; esac
    done < <(nft list tables 2>/dev/null)
  fi
  for tool in iptables ip6tables; do
    command -v "$tool-save" >/dev/null || continue
    local rules
    rules="$("$tool-save" 2>/dev/null)" || continue
    grep -qE 'KUBE-|CNI-|FLANNEL-' <<<"$rules" || continue
    grep -vE 'KUBE-|CNI-|FLANNEL-' <<<"$rules" | "$tool-restore" || true
  done
}

main
