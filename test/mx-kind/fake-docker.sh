#!/usr/bin/env bash
# Stands in for docker where no daemon runs: knows the calls that mx kind makes, and fails on any other. Containers are
# whatever fake-node.sh makes of them.
# Environment: STAND_IN_DIR (where everything is kept and calls are noted), STAND_IN_DAEMON ("down" for none).
set -euo pipefail

readonly node_sh="$STAND_IN_NODE"

main() {
  printf 'docker %s\n' "$*" >>"$STAND_IN_DIR/calls"
  if [[ "${STAND_IN_DAEMON:-up}" == down ]]; then
    printf 'Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?\n' >&2
    exit 1
  fi
  case "$*" in
    "version --format json")
      printf '{"Client":{"Version":"28.2.2"},"Server":{"Version":"28.2.2","Arch":"%s","Os":"linux"}}\n' "$(dpkg --print-architecture)"
      ;;
    "inspect --format {{.State.Running}} "*) "$node_sh" is-running "$4" ;;
    "start "*) "$node_sh" start "$2" && printf '%s\n' "$2" ;;
    "cp "*" -") copy_out "${2%%:*}" "${2#*:}" ;;
    "cp "*) "$node_sh" write "${3%%:*}" "${3#*:}" "$2" ;;
    "exec --interactive "*) "$node_sh" exec "${@:3}" ;;
    "exec "*) "$node_sh" exec "${@:2}" </dev/null ;;
    *) unexpected "$@" ;;
  esac
}

copy_out() {
  local name="$1" path="$2" out
  out="$(mktemp -d)"
  if ! "$node_sh" read "$name" "$path" >"$out/${path##*/}"; then
    rm -rf "$out"
    printf 'Error response from daemon: Could not find the file %s in container %s\n' "$path" "$name" >&2
    exit 1
  fi
  tar --create --directory "$out" "${path##*/}"
  rm -rf "$out"
}

unexpected() {
  printf 'docker %s\n' "$*" >>"$STAND_IN_DIR/unexpected"
  printf 'the stand-in for docker does not know: %s\n' "$*" >&2
  exit 64
}

main "$@"
