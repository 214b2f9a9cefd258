#!/usr/bin/env bash
# Makes the network of an emulated Azure virtual network, as the fake knows it now: a network namespace with a bridge for
# each subnet, on which interfaces see nobody but the fabric, which answers for every address, routes by each subnet's
# own table, and lets nothing in. What is there already is brought up to date; may be repeated.
# Inputs: NAME; HOST_ADDRESS and VNET_ADDRESS (the two ends of the link to this host), PREFIX_LENGTH; PORTS (of this
# host's loopback that are its internet, by commas); SUBNETS (lines "<bridge> <table> <gateway>/<length> <cidr>"); NICS (lines
# "<tap> <bridge> <address> forwards|plain public|private"); ROUTES (lines "<table> <prefix> via <address> <bridge>",
# "<table> <prefix> internet", "<table> <prefix> drop"); SECURITY (nftables chains with "admit" for what the security
# groups let in); ISOLATED_RULES (path of the filter of the link's host side).
set -euo pipefail

main() {
  : "${NAME:?}" "${HOST_ADDRESS:?}" "${VNET_ADDRESS:?}" "${PREFIX_LENGTH:?}" "${PORTS:?}" "${SUBNETS:?}" "${NICS:?}"
  : "${ROUTES?}" "${SECURITY:?}" "${ISOLATED_RULES:?}"
  exec </dev/null
  if [[ ! -e "/run/netns/$NAME" ]]; then ip netns add "$NAME"; fi
  inside sysctl --quiet --ignore --write \
    net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1 net.ipv4.ip_forward=1 \
    net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.default.rp_filter=0 \
    net.ipv4.conf.all.send_redirects=0 net.ipv4.conf.default.send_redirects=0
  load_host_rules
  ensure_link
  ensure_subnets
  ensure_nics
  load_fabric_rules
  load_routes
}

inside() { nsenter --net="/run/netns/$NAME" "$@"; }

has_link() { ip -netns "$NAME" link show dev "$1" &>/dev/null; }

# Before the link is up: there is no moment without a filter.
load_host_rules() {
  nft --file - <<RULES
table inet $NAME
delete table inet $NAME
define link = "$NAME"
define host = $HOST_ADDRESS
table inet $NAME {
  set ports { type inet_service; elements = { $PORTS }; }
$(cat "$ISOLATED_RULES")
}
RULES
}

ensure_link() {
  [[ -e "/sys/class/net/$NAME" ]] || ip link add "$NAME" type veth peer name internet netns "$NAME"
  ip address replace "$HOST_ADDRESS/$PREFIX_LENGTH" dev "$NAME"
  sysctl --quiet --ignore --write "net.ipv6.conf.$NAME.disable_ipv6=1"
  sysctl --quiet --write "net.ipv4.conf.$NAME.route_localnet=1"
  ip link set "$NAME" up
  ip -netns "$NAME" address replace "$VNET_ADDRESS/$PREFIX_LENGTH" dev internet
  ip -netns "$NAME" link set internet up
  ip -netns "$NAME" link set lo up
}

ensure_subnets() {
  local bridge table gateway _
  while read -r bridge table gateway _; do
    has_link "$bridge" || ip -netns "$NAME" link add "$bridge" type bridge stp_state 0 forward_delay 0
    ip -netns "$NAME" address replace "$gateway" dev "$bridge"
    ip -netns "$NAME" link set "$bridge" up
    # Azure's network is no Ethernet: whoever is asked for, the fabric answers.
    inside sysctl --quiet --write "net.ipv4.conf.$bridge.proxy_arp_pvlan=1" "net.ipv4.conf.$bridge.send_redirects=0" \
      "net.ipv4.conf.$bridge.rp_filter=0"
    ip -netns "$NAME" rule list | grep -q "iif $bridge " || ip -netns "$NAME" rule add iif "$bridge" lookup "$table"
  done <<<"$SUBNETS"
}

ensure_nics() {
  local tap bridge _
  while read -r tap bridge _; do
    has_link "$tap" || ip -netns "$NAME" tuntap add dev "$tap" mode tap
    ip -netns "$NAME" link set "$tap" master "$bridge" up
    ip -netns "$NAME" link set "$tap" type bridge_slave isolated on
  done <<<"$NICS"
}

# Each in one transaction, replacing what an earlier run loaded.
load_fabric_rules() {
  local tap address forwards public public_addresses=()
  {
    printf 'table bridge azure\ndelete table bridge azure\ntable bridge azure {\n'
    printf '  chain from_guests {\n    type filter hook prerouting priority -200; policy accept;\n'
    while read -r tap _ address forwards _; do
      if [[ "$forwards" == plain ]]; then printf '    iifname "%s" ip saddr != %s drop\n' "$tap" "$address"; fi
    done <<<"$NICS"
    printf '  }\n  chain to_guests {\n    type filter hook output priority 0; policy accept;\n'
    while read -r tap _ address forwards _; do
      if [[ "$forwards" == plain ]]; then printf '    oifname "%s" ip daddr != %s drop\n' "$tap" "$address"; fi
    done <<<"$NICS"
    printf '  }\n}\n'
  } | inside nft --file -
  while read -r _ _ address _ public; do
    if [[ "$public" == public ]]; then public_addresses+=("$address"); fi
  done <<<"$NICS"
  {
    printf 'table ip azure\ndelete table ip azure\ntable ip azure {\n  set public { type ipv4_addr; '
    if ((${#public_addresses[@]} > 0)); then
      printf 'elements = { %s }; ' "$(IFS=,; printf '%s' "${public_addresses[*]}")"
    fi
    printf '}\n%s\n' "$SECURITY"
    cat <<'RULES'
  chain fabric {
    type filter hook input priority filter; policy accept;
    iifname "internet" ct state established,related accept
    iifname "internet" drop
    iifname != "lo" meta l4proto != icmp drop
  }
  chain forward {
    type filter hook forward priority filter; policy accept;
    ct state established,related accept
    iifname "internet" drop
    oifname "internet" ip saddr != @public drop
    oifname != "internet" jump admit
  }
  chain leaving {
    type nat hook postrouting priority srcnat; policy accept;
    oifname "internet" masquerade
  }
}
RULES
  } | inside nft --file -
}

load_routes() {
  local table prefix how address bridge cidr
  while read -r _ table _ _; do
    ip -netns "$NAME" route flush table "$table" 2>/dev/null || true
    # Every subnet of the virtual network, from each of them.
    while read -r bridge _ _ cidr; do
      ip -netns "$NAME" route replace "$cidr" dev "$bridge" table "$table"
    done <<<"$SUBNETS"
  done <<<"$SUBNETS"
  while read -r table prefix how address bridge; do
    case "$how" in
      via) ip -netns "$NAME" route replace "$prefix" via "$address" dev "$bridge" table "$table" ;;
      internet) ip -netns "$NAME" route replace "$prefix" via "$HOST_ADDRESS" dev internet table "$table" ;;
      drop) ip -netns "$NAME" route replace blackhole "$prefix" table "$table" ;;
    esac
  done <<<"$ROUTES"
}

main "$@"
