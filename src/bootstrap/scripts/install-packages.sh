#!/usr/bin/env bash
# Installs kubelet and kubeadm from the package repository of their minor version, held at the wanted version.
# Inputs: MINOR ("1.37"), VERSION ("1.37.2", or the minor for its newest), URL (of the repository).
# Exit codes: 100 all was there already, 103 the repository does not answer, 106 it has no such version.
set -euo pipefail

readonly KEY=/etc/apt/keyrings/stargate-kubernetes.asc
readonly LIST=/etc/apt/sources.list.d/stargate-kubernetes.list

main() {
  : "${MINOR:?}" "${VERSION:?}" "${URL:?}"
  export DEBIAN_FRONTEND=noninteractive
  remove_bundle
  if is_installed; then
    systemctl is-enabled --quiet kubelet.service && exit 100
    systemctl enable --quiet kubelet.service
    return
  fi
  if ! command -v curl >/dev/null; then
    apt_get update || exit 103
    apt_get install --no-install-recommends curl ca-certificates || exit 103
  fi
  mkdir -p "${KEY%/*}"
  curl --fail --silent --show-error --location --retry 3 --output "$KEY.new" -- "$URL/Release.key" || exit 103
  chmod 0644 "$KEY.new"
  mv -f "$KEY.new" "$KEY"
  printf 'deb [signed-by=%s] %s/ /\n' "$KEY" "$URL" >"$LIST"
  apt_get update || exit 103
  local pin="$VERSION-" known
  [[ "$VERSION" != "$MINOR" ]] || pin="$VERSION."
  known="$(apt-cache madison kubelet)"
  if [[ "$known" != *" $pin"* ]]; then
    printf 'the repository %s has no kubelet %s\n' "$URL" "$VERSION"
    exit 106
  fi
  apt_get install --allow-change-held-packages --allow-downgrades \
    "kubelet=$pin*" "kubeadm=$pin*" kubernetes-cni || exit 103
  apt-mark hold kubelet kubeadm >/dev/null
  systemctl enable --quiet kubelet.service
  printf 'kubelet %s is installed\n' "$(dpkg-query --show --showformat='${Version}' kubelet)"
}

is_installed() {
  local installed
  installed="$(dpkg-query --show --showformat='${Status} ${Version}' kubelet 2>/dev/null)" || return 1
  [[ "$VERSION" != "$MINOR" && "$installed" == "install ok installed $VERSION-"* ]] || return 1
  command -v kubeadm >/dev/null
}

# Programs and units of a bundle would hide the packages'.
remove_bundle() {
  [[ -f /var/lib/stargate/installed/programs ]] || return 0
  rm -f /var/lib/stargate/installed/programs /usr/local/bin/{kubelet,kubeadm} \
    /etc/systemd/system/kubelet.service /etc/systemd/system/kubelet.service.d/10-kubeadm.conf
  systemctl daemon-reload
}

# Waits for whoever updates packages at boot.
apt_get() { apt-get --quiet --quiet --yes -o DPkg::Lock::Timeout=180 -o Acquire::Retries=3 "$@"; }

main
