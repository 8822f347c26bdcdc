# shellcheck shell=bash
# Virtual environments: the newest Home Assistant, which the demo runs and most checks use, and the oldest supported
# one. Versions come from the dependency groups in pyproject.toml.

VENV_LATEST=$DEV/venv-latest
VENV_FLOOR=$DEV/venv-floor

# The newest test plugin pins the Home Assistant it was made for; this one is tested instead.
HA_LATEST=2026.11.0

# Integrations whose requirements a live Home Assistant needs here, besides those it always loads.
LIVE_INTEGRATIONS=(camera hassio history image logbook my persistent_notification system_health)

ensure_latest() {
  local inputs
  inputs=$(environment_inputs "$HA_LATEST" "${LIVE_INTEGRATIONS[*]}" "$(checksum "$ROOT/scripts/lib/live_requirements.py")")
  is_done venv-latest "$inputs" && [ -x "$VENV_LATEST/bin/python" ] && return 0
  make_environment "$VENV_LATEST"
  ensure_compiler
  echo "homeassistant==$HA_LATEST" >"$DEV/override.txt"
  install_into "$VENV_LATEST" --override "$DEV/override.txt" "homeassistant==$HA_LATEST" \
    --group "$ROOT/pyproject.toml:latest" --group "$ROOT/pyproject.toml:lint"
  "$VENV_LATEST/bin/python" "$ROOT/scripts/lib/live_requirements.py" "${LIVE_INTEGRATIONS[@]}" >"$DEV/live.txt"
  install_into "$VENV_LATEST" --requirements "$DEV/live.txt" \
    --constraints "$VENV_LATEST/lib/python3.14/site-packages/homeassistant/package_constraints.txt"
  rm -f "$STAMPS"/group-*
  mark_done venv-latest "$inputs"
}

ensure_floor() {
  local inputs
  inputs=$(environment_inputs)
  is_done venv-floor "$inputs" && [ -x "$VENV_FLOOR/bin/python" ] && return 0
  make_environment "$VENV_FLOOR"
  ensure_compiler
  install_into "$VENV_FLOOR" --group "$ROOT/pyproject.toml:floor"
  mark_done venv-floor "$inputs"
}

# ensure_group NAME: one more dependency group in the newest environment (bench, brand, browser)
ensure_group() {
  local inputs
  inputs=$(environment_inputs "$1")
  is_done "group-$1" "$inputs" && return 0
  install_into "$VENV_LATEST" --group "$ROOT/pyproject.toml:$1"
  mark_done "group-$1" "$inputs"
}

# What an environment is made from: the dependency groups, the Python, and what the caller adds
environment_inputs() {
  local groups
  groups=$(sed -n '/^\[dependency-groups\]/,/^\[[^d]/p' "$ROOT/pyproject.toml" | sha256sum | cut -c1-16)
  echo "$groups $("$PYTHON" -c 'import sys; print(sys.executable, sys.version)' | tr '\n' ' ') $*"
}

# An environment that is there and works is added to, not made again.
make_environment() {
  if ! "$1/bin/python" -c pass 2>/dev/null; then
    run_uv venv --quiet --clear --seed --python "$PYTHON" "$1"
  fi
}

# Bytecode is compiled at once: where Python may not write it later, every start would take twice as long.
install_into() {
  local environment=$1
  shift
  run_uv pip install --compile-bytecode --python "$environment/bin/python" "$@"
}
