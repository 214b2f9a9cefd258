#!/usr/bin/env bash
# Loads the modules and sets the kernel parameters that containers and kube-proxy need, now and at each boot.
# Inputs: MODULES (text of a modules-load.d file), SYSCTLS (text of a sysctl.d file).
# Exit code 100: all was so already.
set -euo pipefail

main() {
  : "${MODULES:?}" "${SYSCTLS:?}"
  changed=no
  write /etc/modules-load.d/stargate.conf "$MODULES"
  local module
  while read -r module; do
    case "$module" in '' | '#'*) continue ;; esac
    [[ -e "/sys/module/$module" ]] && continue
    modprobe "$module"
    changed=yes
  done <<<"$MODULES"
  write /etc/sysctl.d/90-stargate.conf "$SYSCTLS"
  sysctl --quiet --load /etc/sysctl.d/90-stargate.conf
  turn_swap_off
  [[ "$changed" == yes ]] || exit 100
}

write() {
  [[ ! -f "$1" || "$(<"$1")" != "${2%$'\n'}" ]] || return 0
  printf '%s' "$2" >"$1.new"
  mv -f "$1.new" "$1"
  changed=yes
}

# The kubelet refuses to start beside swap.
turn_swap_off() {
  local swaps
  mapfile -t swaps </proc/swaps
  if ((${#swaps[@]} > 1)); then
    swapoff --all
    changed=yes
    echo 'swap is off'
  fi
  if grep -qE '^[^#]\S*\s+\S+\s+swap\s' /etc/fstab 2>/dev/null; then
    sed -E -i.before-stargate 's/^([^#]\S*\s+\S+\s+swap\s.*)$/# \1/' /etc/fstab
    changed=yes
  fi
}

main
