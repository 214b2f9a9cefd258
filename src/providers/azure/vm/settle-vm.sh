#!/usr/bin/env bash
# Run through Azure's run-command: says what a VM is once cloud-init has done its work, and makes it a member of the
# tailnet where it is to be one.
# Inputs: LOGIN_SERVER (may be empty: Tailscale's own), TAILNET_FLAGS (lines, for tailscale up and set; empty: it is no
# member), TAILNET_KEY (may be empty: then it stays what it is in the tailnet).
# Prints name=value lines: cloud-init, host-key; for members tailnet, tailnet-address, tailnet-name.
set -euo pipefail

readonly KEY_FILE=/run/stargate-tailnet-key
# Checksum of the last key that was used.
readonly USED_KEY=/var/lib/stargate/used-key

main() {
  : "${LOGIN_SERVER?}" "${TAILNET_FLAGS?}" "${TAILNET_KEY?}"
  export -n TAILNET_KEY
  local cloud_init
  cloud_init="$(wait_for_cloud_init)"
  printf 'cloud-init=%s\nhost-key=%s\n' "$cloud_init" "$(cut -d ' ' -f 1-2 /etc/ssh/ssh_host_ed25519_key.pub)"
  [[ -n "$TAILNET_FLAGS" && "$cloud_init" == "done" ]] || return 0
  local flags
  mapfile -t flags <<<"$TAILNET_FLAGS"
  if [[ -n "$TAILNET_KEY" ]] && is_new_key; then
    join "${flags[@]}" >&2
  elif [[ "$(status_field BackendState)" == Running ]]; then
    tailscale set "${flags[@]}" >&2
  fi
  local state
  state="$(status_field BackendState)"
  printf 'tailnet=%s\n' "${state:-unknown}"
  [[ "$state" == Running ]] || return 0
  give_back_ssh >&2
  printf 'tailnet-address=%s\ntailnet-name=%s\n' "$(tailscale ip -4)" "$(status_field DNSName)"
}

# Not for longer than a run-command may be waited for in one piece.
wait_for_cloud_init() {
  local status
  status="$(timeout 240 cloud-init status --wait 2>/dev/null || true)"
  case "$status" in
    *done* | *disabled*) echo "done" ;;
    *error*) echo error ;;
    *) echo running ;;
  esac
}

# A field of this device's own in the tailnet's status.
status_field() {
  tailscale status --json --peers=false 2>/dev/null | grep -oP "\"$1\":\s*\"\K[^\"]*" | head -n 1 || true
}

# Tailscale SSH takes the tailnet address's port 22 from sshd, also where the tailnet's policy lets nobody in by it, and
# then nobody gets in at all. tailscaled says so (its healthmsg.TailscaleSSHOnBut).
give_back_ssh() {
  if tailscale status --json --peers=false 2>/dev/null | grep -q 'Tailscale SSH enabled, but'; then
    tailscale set --ssh=false
  fi
}

# A key serves once. Azure, or we, may run the same script a second time where an answer was lost.
is_new_key() { [[ "$(sha256sum <<<"$TAILNET_KEY")" != "$(cat "$USED_KEY" 2>/dev/null)" ]]; }

join() {
  (umask 077 && printf '%s' "$TAILNET_KEY" >"$KEY_FILE")
  trap 'rm -f "$KEY_FILE"' EXIT
  tailscale up --reset --force-reauth --timeout=120s --auth-key="file:$KEY_FILE" \
    --login-server="${LOGIN_SERVER:-https://controlplane.tailscale.com}" "$@"
  mkdir -p "${USED_KEY%/*}"
  sha256sum <<<"$TAILNET_KEY" >"$USED_KEY"
}

main
