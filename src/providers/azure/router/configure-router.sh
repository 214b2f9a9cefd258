#!/usr/bin/env bash
# Makes this VM the router of its subnet: forwarding, packet filter, masquerading. Run at each boot; safe to repeat.
# Reads LAN_ADDRESS and SUBNET from /etc/stargate/router.env.
set -euo pipefail

main() {
  # shellcheck source=/dev/null
  source /etc/stargate/router.env
  : "${LAN_ADDRESS:?}" "${SUBNET:?}"
  local lan uplink
  lan="$(wait_for_interface)"
  uplink="$(ip -o -4 route show default | awk -v lan="$lan" '{ for (i = 1; i < NF; i++) if ($i == "dev" && $(i + 1) != lan) { print $(i + 1); exit } }')"
  : "${uplink:?no way out}"
  # In one transaction: there is no moment without a filter.
  {
    printf 'define lan = "%s"\ndefine uplink = "%s"\ndefine subnet = %s\n' "$lan" "$uplink" "$SUBNET"
    cat /etc/stargate/router.nft
  } | nft --file -
  sysctl --quiet --write net.ipv4.ip_forward=1
  # Answers to workers come in by one interface and leave by the other.
  sysctl --quiet --write net.ipv4.conf.all.rp_filter=2
  # Routes of the tailnet come before the main table's. Another device that offers our subnet must not take it from us.
  ip rule list priority 2500 | grep -q . || ip rule add priority 2500 to "$SUBNET" lookup main
}

# The second interface gets its address after the first.
wait_for_interface() {
  local name
  while ((SECONDS < 180)); do
    name="$(ip -o -4 addr show | awk -v address="$LAN_ADDRESS" 'index($4, address "/") == 1 { print $2; exit }')"
    if [[ -n "$name" ]]; then
      printf '%s' "$name"
      return
    fi
    sleep 1
  done
  printf 'no interface has %s\n' "$LAN_ADDRESS" >&2
  exit 1
}

main
