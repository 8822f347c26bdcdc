# shellcheck shell=bash
# What every script here shares: where things are, how a step shows itself, and how a step knows it has been done.
# Sourced, never run. Callers have `set -euo pipefail`.

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
DEV=$ROOT/.dev # everything that gets installed; ignored by git, safe to delete
LOGS=$DEV/logs
STAMPS=$DEV/stamps
mkdir -p "$LOGS" "$STAMPS"

export LC_ALL=C.UTF-8

# Programs that bring their own list of certificate authorities (uv, for one) would not see the ones this machine
# trusts, such as a company's.
if [ -z "${SSL_CERT_FILE:-}" ] && [ -f /etc/ssl/certs/ca-certificates.crt ]; then
  export SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt
fi

have() { command -v "$1" >/dev/null 2>&1; }

# die MESSAGE [WHAT_TO_DO]
die() {
  printf 'error: %s\n' "$1" >&2
  if [ $# -gt 1 ]; then printf '       %s\n' "$2" >&2; fi
  exit 1
}

# A step writes down what it was made from (versions, scripts). The same again: nothing to do.
# is_done NAME INPUT... | mark_done NAME INPUT...
is_done() {
  local name=$1
  shift
  [ "$(cat "$STAMPS/$name" 2>/dev/null)" = "$*" ]
}
mark_done() {
  local name=$1
  shift
  printf '%s\n' "$*" >"$STAMPS/$name"
}

checksum() { cat "$@" | sha256sum | cut -c1-16; }

# Two of our scripts started together must not install into the same folder at the same time.
lock_dev() {
  exec 9>"$DEV/lock"
  if have flock && ! flock --nonblock 9; then
    echo "Another script of this project is installing; waiting for it."
    flock 9
  fi
}
unlock_dev() { exec 9>&-; }

TICKER=
stop_ticker() {
  if [ -n "$TICKER" ]; then
    kill "$TICKER" 2>/dev/null || true
    wait "$TICKER" 2>/dev/null || true
    TICKER=
  fi
}
trap stop_ticker EXIT

# start_ticker TEXT: the text, and on a terminal the seconds that have passed.
start_ticker() {
  printf '%s … ' "$1"
  if [ -t 1 ]; then
    (
      seconds=0
      while sleep 1; do
        seconds=$((seconds + 1))
        printf '\r%s … %d s ' "$1" "$seconds"
      done
    ) &
    TICKER=$!
  fi
}

# attempt COMMAND...: run a function that ends at its first error, without ending the script; the result is in ATTEMPT.
# Neither this nor its callers may stand in a condition (`if`, `||`): there bash goes on after errors.
attempt() {
  set +e
  (
    set -e
    "$@"
  )
  ATTEMPT=$?
  set -e
}

STEP=0
STEPS=0 # the script says how many it has

# step TITLE COMMAND...: one numbered line with the time it took; the output goes to a log, whose end is shown when
# the command fails.
step() {
  local title=$1 log started
  shift
  STEP=$((STEP + 1))
  log=$LOGS/$(printf '%s' "$title" | tr -c 'A-Za-z0-9.\n' '-').log
  started=$(date +%s%N)
  start_ticker "[$STEP/$STEPS] $title"
  attempt "$@" >"$log" 2>&1 </dev/null
  stop_ticker
  if [ -t 1 ]; then printf '\r[%d/%d] %s … ' "$STEP" "$STEPS" "$title"; fi
  if [ "$ATTEMPT" -eq 0 ]; then
    seconds_since "$started"
    return 0
  fi
  printf 'failed after %s\n' "$(seconds_since "$started")"
  tail -n 20 "$log" | sed 's/^/    /'
  printf '\nThe whole output: %s\n' "${log#"$ROOT"/}"
  exit "$ATTEMPT"
}

# seconds_since NANOSECONDS: 0.3 s, 14 s
seconds_since() {
  local tenths=$((($(date +%s%N) - $1) / 100000000))
  if [ "$tenths" -lt 100 ]; then
    printf '%d.%d s\n' $((tenths / 10)) $((tenths % 10))
  else
    printf '%d s\n' $((tenths / 10))
  fi
}
