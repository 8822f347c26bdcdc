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
