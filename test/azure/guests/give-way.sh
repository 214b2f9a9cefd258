#!/usr/bin/env bash
# Runs a command at a lower priority: give-way.sh NICENESS COMMAND [ARGUMENT]...
# Niceness counts only within a session where the kernel groups processes by session (sched_autogroup), and every guest
# has one of its own: the session's own niceness is set, too.
set -euo pipefail

readonly GROUP=/proc/self/autogroup

[[ ! -w "$GROUP" ]] || printf '%s' "$1" >"$GROUP"
exec nice -n "$@"
