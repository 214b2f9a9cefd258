#!/usr/bin/env bash
# Two routers of one datacenter and what they lie between, as network namespaces NAME-mx, NAME-ra, NAME-rb, NAME-vm and
# NAME-lan. The tailnet is a link from MX to each router; as WireGuard does, MX takes from a router its own tailnet address
# and, from the primary alone, addresses of the subnet. Router A holds the workers' gateway, router B is primary.
# Inputs: NAME, FILES (folder of the routers' rules), ACTION (make, or remove).
set -euo pipefail

readonly SUBNET=192.168.100.0/24

main() {
  : "${NAME:?}" "${FILES:?}" "${ACTION:?}"
  local place
  for place in mx ra rb vm lan; do
    ip netns delete "$NAME-$place" 2>/dev/null || true
    if [[ "$ACTION" == make ]]; then ip netns add "$NAME-$place"; fi
  done
  if [[ "$ACTION" != make ]]; then return; fi
  in_place lan ip link add bridge0 type bridge
  in_place lan ip link set bridge0 up
  in_place mx ip address add 100.64.0.1/32 dev lo
  in_place mx ip link set lo up
  plug vm 192.168.100.10/24
  make_router ra 192.168.100.2/24 100.64.0.2
  make_router rb 192.168.100.3/24 100.64.0.3
  in_place ra ip address add 192.168.100.1/24 dev lan0
  in_place vm ip route add default via 192.168.100.1
  in_place mx ip route add "$SUBNET" via 100.64.0.3 dev rb onlink src 100.64.0.1
  in_place mx nft --file "$(dirname "${BASH_SOURCE[0]}")/several-routers-mx.nft"
}

in_place() {
  local place="$1"
  shift
  ip netns exec "$NAME-$place" "$@"
}

plug() {
  in_place "$1" ip link add lan0 type veth peer name "$1" netns "$NAME-lan"
  in_place lan ip link set "$1" master bridge0 up
  in_place "$1" ip address add "$2" dev lan0
  in_place "$1" ip link set lan0 up
}

make_router() {
  local router="$1" own="$2" tailnet="$3"
  plug "$router" "$own"
  in_place "$router" ip link add tailscale0 type veth peer name "$router" netns "$NAME-mx"
  in_place "$router" ip address add "$tailnet/32" dev tailscale0
  in_place "$router" ip link set tailscale0 up
  in_place "$router" ip route add 100.64.0.1/32 dev tailscale0 src "$tailnet"
  in_place "$router" sysctl --quiet --write net.ipv4.ip_forward=1
  in_place mx ip link set "$router" up
  in_place mx ip route add "$tailnet/32" dev "$router" src 100.64.0.1
  { printf 'define subnet = %s\ndefine host = 10.0.2.2\n' "$SUBNET" && cat "$FILES/router.nft"; } |
    in_place "$router" nft --file -
}

main "$@"
