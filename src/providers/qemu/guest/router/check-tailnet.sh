#!/usr/bin/env bash
# Ends well while tailscaled runs and its control server knows of it: then this router may hold the workers' gateway.
# Run again and again: no program is started that an emulated processor needs a second for.
set -euo pipefail

main() {
  local status
  status="$(curl --silent --fail --max-time 3 --unix-socket /run/tailscale/tailscaled.sock \
    'http://local-tailscaled.sock/localapi/v0/status?peers=false')"
  [[ "$status" =~ \"BackendState\":[[:space:]]*\"Running\" && "$status" =~ \"Online\":[[:space:]]*true ]]
}

main
