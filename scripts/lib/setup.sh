# shellcheck shell=bash
# All that scripts source: getting everything this project needs into .dev.

LIB=$(dirname "${BASH_SOURCE[0]}")
# shellcheck source=scripts/lib/common.sh
. "$LIB/common.sh"
# shellcheck source=scripts/lib/apt.sh
. "$LIB/apt.sh"
# shellcheck source=scripts/lib/python.sh
. "$LIB/python.sh"
# shellcheck source=scripts/lib/uv.sh
. "$LIB/uv.sh"
# shellcheck source=scripts/lib/compiler.sh
. "$LIB/compiler.sh"
# shellcheck source=scripts/lib/environments.sh
. "$LIB/environments.sh"
# shellcheck source=scripts/lib/rt.sh
. "$LIB/rt.sh"
# shellcheck source=scripts/lib/chromium.sh
. "$LIB/chromium.sh"

# need TITLE FUNCTION [ARGUMENT]: one thing to install, which get_needed does
NEEDED=()
need() {
  local each
  for each in "${NEEDED[@]}"; do if [ "$each" = "$1:${*:2}" ]; then return 0; fi; done
  NEEDED+=("$1:${*:2}")
}

# get_needed [STEPS]: install it, each in a step of its own; the script has so many more steps
get_needed() {
  local each
  STEPS=$((${#NEEDED[@]} + ${1:-0}))
  lock_dev
  # shellcheck disable=SC2086 # a function and its argument
  for each in "${NEEDED[@]}"; do step "${each%%:*}" ${each##*:}; done
  unlock_dev
}

# What every script needs
need "Python 3.14" ensure_python
need "uv" ensure_uv
need "Home Assistant $HA_LATEST" ensure_latest
