#!/usr/bin/env bash
# Installs kubelet, kubeadm, CNI plugins and images from the files of a node bundle in the store.
# Inputs: PROGRAMS and CNI_PLUGINS (checksums), IMAGES (lines "<sha256> <reference>"), KUBELET_SERVICE and
# KUBEADM_DROPIN (texts of units).
# Exit code 100: all was there already.
set -euo pipefail

readonly STORE=/var/lib/stargate/artifacts
readonly INSTALLED=/var/lib/stargate/installed

main() {
  : "${PROGRAMS:?}" "${CNI_PLUGINS:?}" "${IMAGES?}" "${KUBELET_SERVICE:?}" "${KUBEADM_DROPIN:?}"
  mkdir -p "$INSTALLED"
  changed=no
  # Imports wait for the disk and containerd, unpacking for the processor: side by side they cost little more than one.
  import_missing &
  importing=$!
  unpack programs "$PROGRAMS" /usr/local/bin kubelet kubeadm
  unpack cni-plugins "$CNI_PLUGINS" /opt/cni/bin bridge host-local loopback portmap
  install_units
  local code=0
  wait "$importing" || code=$?
  case "$code" in
    0) changed=yes ;;
    100) ;;
    *) exit "$code" ;;
  esac
  [[ "$changed" == yes ]] || exit 100
}

# Unpacks a file of the bundle unless that very file was unpacked before and what it brought is still there.
unpack() {
  local name="$1" sha256="$2" folder="$3" program
  shift 3
  if [[ -f "$INSTALLED/$name" && "$(<"$INSTALLED/$name")" == "$sha256" ]]; then
    for program; do [[ -x "$folder/$program" ]] || break; done
    [[ ! -x "$folder/$program" ]] || return 0
  fi
  mkdir -p "$folder"
  # A running program cannot be written to, but its name can go.
  tar --extract --zstd --no-same-owner --unlink-first --file "$STORE/$sha256" --directory "$folder"
  printf '%s' "$sha256" >"$INSTALLED/$name"
  printf '%s unpacked\n' "$name"
  changed=yes
}

install_units() {
  write /etc/systemd/system/kubelet.service "$KUBELET_SERVICE"
  write /etc/systemd/system/kubelet.service.d/10-kubeadm.conf "$KUBEADM_DROPIN"
  [[ -L /etc/systemd/system/multi-user.target.wants/kubelet.service ]] || systemctl enable --quiet kubelet.service
}

write() {
  [[ ! -f "$1" || "$(<"$1")" != "${2%$'\n'}" ]] || return 0
  mkdir -p "$(dirname "$1")"
  printf '%s' "$2" >"$1.new"
  mv -f "$1.new" "$1"
  changed=yes
}

# Exit code 100: none was missing.
import_missing() {
  local present sha256 reference missing=()
  present="$(ctr -n k8s.io images ls -q)"
  while read -r sha256 reference; do
    [[ -n "$sha256" ]] || continue
    [[ $'\n'"$present"$'\n' == *$'\n'"$reference"$'\n'* ]] || missing+=("$sha256 $reference")
  done <<<"$IMAGES"
  ((${#missing[@]} > 0)) || exit 100
  printf '%s\n' "${missing[@]}" | xargs -P "$(nproc)" -L 1 bash -c 'set -euo pipefail; import "$@"' import
}

import() {
  # By standard input: zstd passes over a file that is a link, as those on a volume are.
  zstd -dcq <"$STORE/$1" | ctr -n k8s.io images import - >/dev/null
  printf 'imported %s\n' "$2"
}
export -f import
export STORE

main
