#!/usr/bin/env bash
# Exit code 0 when the API server answers at this address with a certificate that is valid there, 1 when not.
# Inputs: ADDRESS.
set -euo pipefail

main() {
  : "${ADDRESS:?}"
  curl --silent --show-error --fail --max-time 5 --cacert /etc/kubernetes/pki/ca.crt --output /dev/null \
    "https://$ADDRESS:6443/readyz" || exit 1
}

main
