#!/usr/bin/env bash
# Runs one of our programs as an ordinary user who may read the repository and the cache wherever those are.
#   ordinary-user.sh HOME REPOSITORY CACHE NODE PROGRAM [argument …]
# For the time of the run, in mount namespace of its own, REPOSITORY, CACHE and NODE's folder are seen below HOME.
set -euo pipefail

# On every Debian and Ubuntu: nobody, nogroup.
readonly user=65534

main() {
  local home="$1" repository="$2" cache="$3" node="$4" program="$5"
  shift 5
  mkdir -p "$home"/{repository,cache,node}
  mount --bind -o ro "$repository" "$home/repository"
  mount --bind -o ro "$cache" "$home/cache"
  mount --bind -o ro "$(dirname "$node")" "$home/node"
  exec setpriv --reuid="$user" --regid="$user" --clear-groups --no-new-privs \
    env --ignore-environment PATH=/usr/local/bin:/usr/bin:/bin HOME="$home" CI=true \
    STARGATE_CACHE_DIR="$home/cache" STARGATE_STATE_DIR="$home/s" STARGATE_TOOLCHAIN="${STARGATE_TOOLCHAIN:-auto}" \
    "$home/node/${node##*/}" "$home/repository/$program" "$@"
}

main "$@"
