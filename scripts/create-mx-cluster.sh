#!/usr/bin/env bash
# Makes the MX cluster in Docker by kind, inside your tailnet; see bin/stargate mx kind create --help for what can be
# given. CLUSTER_NAME names another cluster than stargate-demo.
set -euo pipefail

main() {
  cd "$(dirname "${BASH_SOURCE[0]}")/.."
  [[ -x bin/stargate && -d dist ]] || make --no-print-directory build
  exec bin/stargate mx kind create ${CLUSTER_NAME:+--name "$CLUSTER_NAME"} "$@"
}

main "$@"
