#!/usr/bin/env bash
# Counts what comes to port 5201, connection by connection, and says it to the sender. Goes on until the host stops.
set -euo pipefail

main() {
  if systemctl --quiet is-active count-bytes.service; then return; fi
  systemd-run --quiet --unit=count-bytes socat TCP-LISTEN:5201,fork,reuseaddr 'SYSTEM:wc --bytes'
}

main "$@"
