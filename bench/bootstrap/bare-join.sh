#!/usr/bin/env bash
# What nobody can do without: imports the images and joins, on a host where all else is set up.
# Inputs: IMAGES (lines "<sha256>"), JOIN_CONFIGURATION, DISCOVERY_KUBECONFIG.
# Prints import=<ms> and join=<ms>.
set -euo pipefail

readonly STORE=/var/lib/stargate/artifacts
readonly FOLDER=/run/stargate/join

main() {
  : "${IMAGES:?}" "${JOIN_CONFIGURATION:?}" "${DISCOVERY_KUBECONFIG:?}"
  umask 077
  trap 'rm -rf "$FOLDER"' EXIT
  mkdir -p "$FOLDER"
  printf '%s' "$JOIN_CONFIGURATION" >"$FOLDER/join.yaml"
  printf '%s' "$DISCOVERY_KUBECONFIG" >"$FOLDER/discovery.yaml"
  timed import import_images
  timed join kubeadm join --config "$FOLDER/join.yaml"
}

timed() {
  local name="$1" began
  shift
  began="$(now)"
  "$@" >&2
  printf '%s=%s\n' "$name" "$(($(now) - began))"
}

now() { date +%s%3N; }

import_images() {
  # shellcheck disable=SC2016 # the inner shell's
  printf '%s' "$IMAGES" | xargs -P "$(nproc)" -I '{}' bash -c \
    'set -o pipefail; zstd -dcq <"$1" | ctr -n k8s.io images import -' import "$STORE/{}"
}

main
