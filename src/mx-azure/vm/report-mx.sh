#!/usr/bin/env bash
# Run through Azure's run-command: says how far the control plane is and what it is made of, as name=value lines.
# Inputs: DETAILS (no: how far it is and nothing else. Asking a small VM that is at work for more would hold it up.)
set -euo pipefail

main() {
  : "${DETAILS:?}"
  export HOME=/root KUBECONFIG=/etc/kubernetes/admin.conf
  say stage "$(cat /var/lib/stargate/mx/stage 2>/dev/null || echo 'First boot')"
  say unit "$(systemctl is-active stargate-mx.service || true)"
  say last-line "$(tail --lines=1 /var/log/mx-bootstrap.log 2>/dev/null | cut --characters=1-300 || true)"
  [[ "$DETAILS" != no ]] || return 0
  say tailnet "$(status_field BackendState)"
  say tailnet-address "$(tailscale ip -4 2>/dev/null || true)"
  say tailscale "$(tailscale version 2>/dev/null | head -n 1 || true)"
  say containerd "$(containerd --version 2>/dev/null | grep -oP ' v?\K[0-9][^ ]*' | head -n 1 || true)"
  [[ -r "$KUBECONFIG" ]] || return 0
  say kubernetes "$(kubectl version --request-timeout=10s --output=yaml 2>/dev/null | sed -n '/^serverVersion/,$s/^  gitVersion: //p')"
  kubectl get nodes --request-timeout=10s --no-headers 2>/dev/null | awk '
    { all += 1; if ($2 ~ /^Ready/) ready += 1 }
    $3 ~ /control-plane/ { print "node=" $1; print "node-status=" $2; print "kubelet=" $5 }
    END { print "nodes=" all + 0; print "nodes-ready=" ready + 0 }' || true
}

say() { printf '%s=%s\n' "$1" "$2"; }

status_field() {
  tailscale status --json --peers=false 2>/dev/null | grep -oP "\"$1\":\s*\"\K[^\"]*" | head -n 1 || true
}

main
