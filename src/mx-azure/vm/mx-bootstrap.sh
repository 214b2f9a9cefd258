#!/usr/bin/env bash
# Makes this VM the control plane of the MX cluster. Run by stargate-mx.service until it succeeds: each step finds out
# by itself whether its work is done. Says what it does in /var/log/mx-bootstrap.log; no secret is in there.
# Programs, images and a flannel.yaml (in /usr/share/stargate) that the VM's image already has are used as they are.
# Reads MINOR, VERSION, REPOSITORY, SANDBOX_IMAGE and NODE_NAME from /etc/stargate/mx.env; where a mirror gives everything,
# also FILES (lines "<sha256> <path>" of what to fetch), PROGRAMS, CNI_PLUGINS, IMAGES and KUBECTL (see install-bundle.sh),
# and from /etc/stargate/mirror.env its URL, MIRROR.
set -euo pipefail

readonly LIBRARY=/usr/local/lib/stargate
readonly SETTINGS=/etc/stargate
readonly STATE=/var/lib/stargate/mx
readonly LOG=/var/log/mx-bootstrap.log

main() {
  # shellcheck source=/dev/null
  source "$SETTINGS/mx.env"
  # shellcheck source=/dev/null
  source "$SETTINGS/mirror.env"
  : "${MIRROR?}" "${MINOR:?}" "${VERSION:?}" "${REPOSITORY:?}" "${SANDBOX_IMAGE:?}" "${NODE_NAME:?}"
  umask 077
  mkdir -p "$STATE"
  exec >>"$LOG" 2>&1
  export HOME=/root KUBECONFIG=/etc/kubernetes/admin.conf
  step 'Configure the kernel' configure_kernel
  step 'Set up the container runtime' install_containerd
  step 'Install Kubernetes' install_kubernetes
  step 'Wait for the tailnet' wait_for_tailnet
  step 'Make the control plane' make_control_plane
  step 'Install Flannel' install_flannel
  step 'Install the custom resources' kubectl apply --server-side --force-conflicts -f "$SETTINGS/crds.yaml"
  step 'Wait for the node' kubectl wait --for=condition=Ready "node/$NODE_NAME" --timeout=300s
  step ready true
}

step() {
  printf '%s' "$1" >"$STATE/stage"
  printf '%s %s\n' "$(date --utc +%Y-%m-%dT%H:%M:%SZ)" "$1"
  shift
  "$@"
}

# Runs a script that says 100 where there was nothing to do.
run() {
  local code=0
  "$LIBRARY/$1" || code=$?
  ((code == 0 || code == 100)) && return 0
  printf '%s: exit code %s\n' "$1" "$code"
  return "$code"
}

configure_kernel() {
  MODULES="$(cat "$SETTINGS/modules.conf")"$'\n' SYSCTLS="$(cat "$SETTINGS/sysctl.conf")"$'\n' run configure-kernel.sh
}

install_containerd() {
  CONFIG_1="$(cat "$SETTINGS/containerd-1.toml")"$'\n' CONFIG_2="$(cat "$SETTINGS/containerd-2.toml")"$'\n' \
    SANDBOX_IMAGE="$SANDBOX_IMAGE" MINOR="$MINOR" run install-containerd.sh
}

install_kubernetes() {
  local program missing=()
  if [[ -n "$MIRROR" ]]; then
    install_from_mirror
    return
  fi
  for program in kubeadm kubelet kubectl; do command -v "$program" >/dev/null || missing+=("$program"); done
  if ((${#missing[@]} == 0)) && [[ "$(kubeadm version --output short)" == "v$MINOR."* ]]; then return 0; fi
  MINOR="$MINOR" VERSION="$VERSION" URL="$REPOSITORY" run install-packages.sh
  if ! command -v kubectl >/dev/null; then
    DEBIAN_FRONTEND=noninteractive apt-get --quiet --quiet --yes -o DPkg::Lock::Timeout=180 install \
      "kubectl=$(dpkg-query --show --showformat='${Version}' kubeadm)"
    apt-mark hold kubectl
  fi
}

# Checksums are in this VM's settings: a mirror that was changed since is refused.
install_from_mirror() {
  : "${FILES:?}" "${PROGRAMS:?}" "${CNI_PLUGINS:?}" "${IMAGES:?}" "${KUBECTL:?}"
  URL="$MIRROR" MANIFEST_SHA256='' FILES="$FILES" run fetch-artifacts.sh
  PROGRAMS="$PROGRAMS" CNI_PLUGINS="$CNI_PLUGINS" IMAGES="$IMAGES" \
    KUBELET_SERVICE="$(cat "$SETTINGS/kubelet.service")"$'\n' KUBEADM_DROPIN="$(cat "$SETTINGS/10-kubeadm.conf")"$'\n' \
    run install-bundle.sh
  command -v kubectl >/dev/null ||
    tar --extract --zstd --no-same-owner --file "/var/lib/stargate/artifacts/$KUBECTL" --directory /usr/local/bin kubectl
}

# It joins when somebody brings it a key; see settle-vm.sh.
wait_for_tailnet() {
  until [[ "$(status_field BackendState)" == Running ]]; do sleep 2; done
  address="$(tailscale ip -4)"
  name="$(status_field DNSName)"
  name="${name%.}"
  [[ "$address" =~ ^[0-9.]+$ && "$name" =~ ^[A-Za-z0-9.-]+$ ]]
}

# A field of this device's own in the tailnet's status.
status_field() {
  tailscale status --json --peers=false 2>/dev/null | grep -oP "\"$1\":\s*\"\K[^\"]*" | head -n 1 || true
}

make_control_plane() {
  if [[ ! -e "$STATE/initialized" ]]; then
    # What an earlier try left half-made.
    [[ ! -e /etc/kubernetes/manifests && ! -e /var/lib/etcd ]] || kubeadm reset --force
    fill_in "$SETTINGS/kubeadm-init.yaml" >"$STATE/kubeadm.yaml"
    kubeadm init --config "$STATE/kubeadm.yaml" --skip-token-print
    touch "$STATE/initialized"
  fi
  mkdir -p /root/.kube
  ln -sfn /etc/kubernetes/admin.conf /root/.kube/config
  until kubectl get --raw /readyz >/dev/null 2>&1; do sleep 1; done
}

install_flannel() {
  local manifest=/usr/share/stargate/flannel.yaml
  [[ -e "$manifest" ]] || manifest="$SETTINGS/flannel.yaml"
  fill_in "$manifest" | kubectl apply --server-side --force-conflicts -f -
}

# A file of ours with what only this VM knows put in. All of it is checked to be names and addresses.
fill_in() {
  local text
  text="$(<"$1")"
  text="${text//@TAILNET_ADDRESS@/$address}"
  text="${text//@TAILNET_NAME@/$name}"
  text="${text//@NODE_NAME@/$NODE_NAME}"
  text="${text//@KUBERNETES_VERSION@/$(kubeadm version --output short)}"
  printf '%s\n' "$text"
}

main
