# shellcheck shell=bash
# uv, which installs Python packages: the developer's own, or one in .dev/tools.

UV_VERSION=0.13.8
TOOLS=$DEV/tools

ensure_uv() {
  if uv_of_this_machine || [ -x "$TOOLS/bin/uv" ]; then return 0; fi
  rm -rf "$TOOLS"
  "$PYTHON" -m venv "$TOOLS"
  "$TOOLS/bin/pip" install --disable-pip-version-check "uv==$UV_VERSION"
}

# Dependency groups, which pyproject.toml uses, came to uv in 2025.
uv_of_this_machine() { have uv && uv pip install --help 2>/dev/null | grep -q -- '--group'; }

# run_uv ARGUMENT...: the one that is to be used
run_uv() {
  if uv_of_this_machine; then
    uv "$@"
  else
    UV_CACHE_DIR=$DEV/uv-cache UV_PYTHON_DOWNLOADS=never "$TOOLS/bin/uv" "$@"
  fi
}
