#!/usr/bin/env bash
# Sets this guest up as the router that the seed describes: forwarding, packet filter, how tailscaled is to behave, and
# how the workers' gateway is held where there are several routers.
# Run at each boot before tailscaled; where the seed is gone, what it said last is used.
set -euo pipefail

main() {
  cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")"
  # shellcheck source=/dev/null
  source ./read-seed.sh
  mkdir -p "${SETTINGS%/*}"
  if mount_seed && [[ -f "$SEED/router.env" ]]; then
    install -m 0644 "$SEED/router.env" "$SETTINGS"
  fi
  isolated="$(setting ISOLATED)"
  shared="$(setting SHARED_ADDRESS)"
  load_rules
  set_kernel
  keep_subnet_here
  configure_tailscaled
  configure_gateway
}

# In one transaction: there is no moment without a filter.
load_rules() {
  local subnet ports
  subnet="$(setting SUBNET)"
  ports="$(setting HOST_PORTS)"
  {
    printf 'define subnet = %s\n' "$subnet"
    # A range nobody uses where there is no such address: a rule that never matches.
    printf 'define host = %s\n' "$(setting HOST_ADDRESS)"
    cat ./router.nft
    if [[ -n "$ports" ]]; then printf 'add element inet stargate host_ports { %s }\n' "$ports"; fi
    if [[ "$isolated" == yes ]]; then cat ./isolated.nft; else cat ./way-out.nft; fi
    if [[ -n "$shared" ]]; then cat ./several.nft; fi
  } | nft --file -
}

set_kernel() {
  sysctl --quiet --write net.ipv4.ip_forward=1
  # Packets to 127.0.0.1 that router.nft sends to the host; it also drops those that come in from outside.
  sysctl --quiet --write net.ipv4.conf.all.route_localnet=1
}

# Routes of the tailnet come before the main table's. Another device that offers our subnet must not take it from us.
keep_subnet_here() {
  local subnet
  subnet="$(setting SUBNET)"
  ip rule list priority 2500 | grep -q . || ip rule add priority 2500 to "$subnet" lookup main
}

configure_tailscaled() {
  {
    if [[ "$isolated" == yes ]]; then
      printf '%s\n' 'FLAGS=--no-logs-no-support' TS_DISABLE_PORTMAPPER=1 TS_DEBUG_ALWAYS_USE_DERP=1
    else
      printf '%s\n' 'FLAGS='
    fi
  } >/run/stargate/tailscaled.env
}

# A single router has the gateway's address for its own, and nothing to do here.
configure_gateway() {
  rm -f /run/stargate/keepalived.conf
  if [[ -z "$shared" ]]; then return; fi
  local subnet
  subnet="$(setting SUBNET)"
  # shellcheck disable=SC2016 # these are keepalived's variables
  {
    printf '$OWN=%s\n$SHARED=%s/%s\n$PEERS=%s\n' \
      "$(setting OWN_ADDRESS)" "$shared" "${subnet##*/}" "$(setting PEERS)"
    cat ./keepalived.conf
  } >/run/stargate/keepalived.conf
}

main
