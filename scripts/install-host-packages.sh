#!/usr/bin/env bash
# Installs the Debian or Ubuntu packages that Stargate needs on this host, and says why each.
# Nothing happens, in an instant, when all of them are there. Called by make.
#
#   install-host-packages.sh          what the demo, the tests and the programs need
#   install-host-packages.sh check    what the linters of `make check` need
#
# STARGATE_SKIP_HOST_PACKAGES=1 skips it, where the packages come by another way.
set -euo pipefail

# Oldest Go that fetches, and verifies, the newer one our modules ask for.
readonly oldest_go_minor=21

fail() {
  printf 'error: %s\n  next: %s\n' "$1" "$2" >&2
  exit 1
}

# Lines "package reason".
wanted_packages() {
  if [[ "${1:-run}" == check ]]; then
    cat <<'END'
shellcheck checks our shell scripts
yamllint checks our YAML
END
    return
  fi
  local qemu="qemu-system-x86"
  [[ "$(dpkg --print-architecture)" == arm64 ]] && qemu="qemu-system-arm"
  printf '%s runs routers and workers as virtual machines\n' "${qemu}"
  cat <<'END'
qemu-utils makes their disks
mmdebstrap makes the guest image, and a layer of container images, from Debian packages
debian-archive-keyring verifies those packages
uidmap lets mmdebstrap work for an ordinary user
e2fsprogs makes the file system of the guest image
xorriso makes the disk that tells a guest who it is
openssh-client makes keys, and is how you reach a guest
iproute2 makes the bridge of the QEMU provider's bridge mode
nftables lets routers and workers out in bridge mode
zstd reads and writes compressed archives
gcc compiles the pause program and links flannel
libc6-dev is the C library they are linked with
ca-certificates verifies whom programs and modules are downloaded from
END
  # Where systemd runs, installing it would open this host to logins: then the tests that need it are skipped.
  [[ -d /run/systemd/system ]] || printf 'openssh-server %s\n' 'is what the tests log in to'
}

# The packages of wanted_packages that are not installed, with their reasons.
missing_packages() {
  local wanted="$1" installed
  # Unknown packages make dpkg-query fail after it has answered for the others.
  # shellcheck disable=SC2016  # the format is dpkg-query's
  installed="$(awk '{print $1}' <<<"${wanted}" |
    xargs dpkg-query --show --showformat='${Package} ${db:Status-Status}\n' 2>/dev/null || true)"
  awk 'NR == FNR { if ($2 == "installed") have[$1] = 1; next } !($1 in have)' <(printf '%s\n' "${installed}") - <<<"${wanted}"
}

has_go() {
  command -v go >/dev/null || [[ -x /usr/local/go/bin/go ]] || compgen -G '/usr/lib/go-1.2[1-9]/bin/go' >/dev/null
}

# The newest package of a Go that will do, or nothing.
go_package() {
  apt-cache search --names-only '^golang-1\.[0-9]+-go$' | awk '{print $1}' |
    awk -F'[.-]' -v oldest="${oldest_go_minor}" '$3 >= oldest' | sort -t. -k2 -n | tail -n 1
}

as_root() {
  if [[ "$(id -u)" == 0 ]]; then
    "$@"
  else
    sudo -- "$@"
  fi
}

main() {
  [[ -z "${STARGATE_SKIP_HOST_PACKAGES:-}" ]] || return 0
  local group="${1:-run}" wanted missing needs_go=""
  if ! command -v dpkg-query >/dev/null; then
    fail 'this host has no dpkg: it is neither Debian nor Ubuntu' \
      "Install QEMU, mmdebstrap, xorriso, e2fsprogs, zstd, nftables, gcc, a static C library and Go yourself, then set STARGATE_SKIP_HOST_PACKAGES=1."
  fi
  wanted="$(wanted_packages "${group}")"
  missing="$(missing_packages "${wanted}")"
  if [[ "${group}" != check ]] && ! has_go; then needs_go=yes; fi
  if [[ -z "${missing}" && -z "${needs_go}" ]]; then return 0; fi

  printf 'Packages to install on this host:\n'
  if [[ -n "${missing}" ]]; then
    awk '{ name = $1; sub(/^[^ ]+ /, ""); printf "  %-24s %s\n", name, $0 }' <<<"${missing}"
  fi
  [[ -z "${needs_go}" ]] || printf '  %-24s %s\n' 'golang-1.xx-go' "builds Kubernetes and the tailnet programs"
  if [[ "$(id -u)" != 0 ]] && ! command -v sudo >/dev/null; then
    fail 'cannot install them: you are not root and there is no sudo' \
      "Have an administrator run this script, or: apt-get install $(awk '{printf "%s ", $1}' <<<"${missing}")${needs_go:+golang-go}"
  fi

  as_root apt-get update -q
  local -a packages=()
  [[ -z "${missing}" ]] || mapfile -t packages < <(awk '{print $1}' <<<"${missing}")
  if [[ -n "${needs_go}" ]]; then
    local go
    go="$(go_package)"
    [[ -n "${go}" ]] || fail "this release has no package of Go 1.${oldest_go_minor} or newer" \
      'Install Go from https://go.dev/dl (unpack it to /usr/local), then run the command again.'
    packages+=("${go}")
  fi
  as_root env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends "${packages[@]}"
}

main "$@"
