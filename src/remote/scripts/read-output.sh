#!/usr/bin/env bash
# Prints what the steps of an operation said that is not known yet: a line "STEP RUN OFFSET CONTENT" for each run of a
# step with news, the content in base64. Where there is no news, it waits for some so long.
# Inputs: OPERATION_UID, STEP (empty for all), KNOWN (lines "STEP RUN BYTES"), WAIT_SECONDS.
# Exit code 101: nothing of this operation is kept here.
set -euo pipefail

# Of one answer, before base64.
readonly MOST=262144

main() {
  : "${OPERATION_UID:?}" "${STEP?}" "${KNOWN?}" "${WAIT_SECONDS:?}"
  operation="/var/lib/stargate/operations/$OPERATION_UID"
  declare -gA known=()
  local step run bytes
  while read -r step run bytes; do
    [[ -z "$step" ]] || known["$step $run"]="$bytes"
  done <<<"$KNOWN"
  room="$MOST"
  tell_news
  while ((room == MOST && SECONDS < WAIT_SECONDS)); do
    sleep 0.3
    tell_news
  done
  [[ -d "$operation" ]] || exit 101
}

tell_news() {
  local -a outputs
  if [[ -z "$STEP" ]]; then outputs=("$operation"/*/output*); else outputs=("$operation/$STEP"/output*); fi
  local size path step
  while read -r size path; do
    step="${path%/*}"
    tell_run "${step##*/}" "$path" "$size"
  done < <(stat -c '%s %n' "${outputs[@]}" 2>/dev/null || true)
}

# $1: step, $2: file, $3: its size.
tell_run() {
  local last run="${2##*.}" from
  count_runs "$1"
  [[ "$2" == */output.* ]] || run="$last"
  from="${known["$1 $run"]:-0}"
  (($3 > from && room > 0)) || return 0
  exec 8<"$2" || return 0
  # It may have got another name before it was opened.
  count_runs "$1"
  if [[ "$2" == */output.* || "$run" == "$last" ]]; then tell_content "$1" "$run" "$from"; fi
  exec 8<&-
}

tell_content() {
  local content bytes
  content="$( ({ tail -c "+$(($3 + 1))" || true; } | head -c "$room" | base64 -w 0) <&8)"
  [[ -n "$content" ]] || return 0
  printf '%s %s %s %s\n' "$1" "$2" "$3" "$content"
  bytes="$((${#content} * 3 / 4))"
  room="$((room > bytes ? room - bytes : 0))"
}

# Sets `last` to the number of a step's last run: the names of earlier outputs end in theirs.
count_runs() {
  local path
  last=0
  for path in "$operation/$1"/output.*; do
    [[ ! "$path" =~ \.([0-9]+)$ ]] || ((BASH_REMATCH[1] <= last)) || last="${BASH_REMATCH[1]}"
  done
  last="$((last + 1))"
}

main
