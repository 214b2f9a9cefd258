#!/usr/bin/env bash
# Puts a network namespace in the place of a guest: plugged in where its VM would be, set up as cloud-init and install.sh
# would, and for a router with the router's own packet filter.
# Inputs: GUEST (name of the namespace), VNET (namespace of the virtual network), NICS (lines
# "<tap> <address>/<length> <gateway>", the primary one first), PLATFORM_RULES (nftables file), HOST_ADDRESS, PORTS;
# ROUTER_RULES and SUBNET (may be empty: no router).
set -euo pipefail

main() {
  : "${GUEST:?}" "${VNET:?}" "${NICS:?}" "${PLATFORM_RULES:?}" "${HOST_ADDRESS:?}" "${PORTS:?}" "${ROUTER_RULES?}" "${SUBNET?}"
  exec </dev/null
  ip netns add "$GUEST"
  ip -netns "$GUEST" link set lo up
  plug_all
  inside sysctl --quiet --write net.ipv4.conf.all.route_localnet=1
  {
    printf 'define host = %s\ndefine ports = { %s }\n' "$HOST_ADDRESS" "$PORTS"
    cat "$PLATFORM_RULES"
  } | inside nft --file -
  [[ -z "$ROUTER_RULES" ]] || become_router
}

inside() { ip netns exec "$GUEST" "$@"; }

plug_all() {
  local tap address gateway index=0
  while read -r tap address gateway; do
    # In place of the tap that QEMU would open.
    ip -netns "$VNET" link delete "$tap"
    ip -netns "$VNET" link add "$tap" type veth peer name "eth$index" netns "$GUEST"
    ip -netns "$GUEST" address add "$address" dev "eth$index"
    ip -netns "$GUEST" link set "eth$index" up
    ip -netns "$GUEST" route add default via "$gateway" dev "eth$index" metric "$(((index + 1) * 100))"
    index=$((index + 1))
  done <<<"$NICS"
}

# As configure-router.sh does it: the first interface leads out, the second is in the workers' subnet.
become_router() {
  {
    printf 'define lan = "eth1"\ndefine uplink = "eth0"\ndefine subnet = %s\n' "$SUBNET"
    cat "$ROUTER_RULES"
  } | inside nft --file -
  inside sysctl --quiet --write net.ipv4.ip_forward=1 net.ipv4.conf.all.rp_filter=2
}

main "$@"
