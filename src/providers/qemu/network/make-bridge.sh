#!/usr/bin/env bash
# Makes the network of a datacenter: a network namespace with the bridge "lan" of all its VMs, the bridge "wan" of its
# routers' way out, a tap for each card, and a link from "wan" to this host. What is there already is left as it is.
# Of the host itself it changes: one link and one nftables table, both named NAME, and IP forwarding where asked to.
# Inputs: NAME, HOST_ADDRESS (this host's end, with prefix length), TAPS and UPLINKS (names of taps in "lan" and "wan", by
# spaces), ISOLATED (yes or no), PORTS (of this host's loopback that the routers may reach, by commas; may be empty),
# FILES (folder of this script).
set -euo pipefail

main() {
  : "${NAME:?}" "${HOST_ADDRESS:?}" "${TAPS:?}" "${UPLINKS:?}" "${ISOLATED:?}" "${PORTS=}" "${FILES:?}"
  ensure_namespace
  ensure_bridge lan
  ensure_bridge wan
  local tap
  for tap in $TAPS; do ensure_tap "$tap" lan; done
  for tap in $UPLINKS; do ensure_tap "$tap" wan; done
  # Before the link is up: there is no moment without a filter.
  load_rules
  ensure_link
}

in_namespace() {
  ip -netns "$NAME" "$@"
}

has_link() {
  in_namespace link show dev "$1" &>/dev/null
}

ensure_namespace() {
  [[ -e "/run/netns/$NAME" ]] || ip netns add "$NAME"
  # The datacenter speaks IPv4; nothing of this host should announce anything else to its VMs.
  nsenter --net="/run/netns/$NAME" sysctl --quiet --ignore --write \
    net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
}

ensure_bridge() {
  has_link "$1" || in_namespace link add "$1" type bridge stp_state 0 forward_delay 0
  in_namespace link set "$1" up
}

ensure_tap() {
  has_link "$1" || in_namespace tuntap add dev "$1" mode tap
  in_namespace link set "$1" master "$2" up
}

ensure_link() {
  [[ -e "/sys/class/net/$NAME" ]] || ip link add "$NAME" type veth peer name host netns "$NAME"
  in_namespace link set host master wan up
  ip address replace "$HOST_ADDRESS" dev "$NAME"
  sysctl --quiet --ignore --write "net.ipv6.conf.$NAME.disable_ipv6=1"
  # Lets this link, and no other, lead to loopback; the rules let through what they sent there themselves.
  if [[ "$ISOLATED" == yes ]]; then sysctl --quiet --write "net.ipv4.conf.$NAME.route_localnet=1"; fi
  ip link set "$NAME" up
}

# In one transaction, replacing what an earlier run loaded.
load_rules() {
  local file=way-out.nft
  [[ "$ISOLATED" == no ]] || file=isolated.nft
  {
    printf 'table inet %s\ndelete table inet %s\n' "$NAME" "$NAME"
    printf 'define link = "%s"\ndefine host = %s\n' "$NAME" "${HOST_ADDRESS%/*}"
    printf 'table inet %s {\n' "$NAME"
    printf 'set ports { type inet_service; %s }\n' "${PORTS:+elements = { $PORTS \}}"
    cat "$FILES/$file"
    printf '}\n'
  } | nft --file -
}

main "$@"
