# shellcheck shell=bash
# A Python that Home Assistant runs on, at .dev/python/bin/python3.14, whatever the machine has. In this order:
#   1. one that uv or the machine has already, or that uv can download
#   2. packages of the newer Debian suites, unpacked with the libc they were built for (half a minute)
#   3. Debian's source package, built (about six minutes)

PYTHON_PREFIX=$DEV/python
PYTHON=$PYTHON_PREFIX/bin/python3.14

# Home Assistant wants 3.14.2; the modules are those that a Python without all its libraries lacks.
PYTHON_TEST='
import sys
assert sys.version_info >= (3, 14, 2)
import bz2, ctypes, lzma, socket, sqlite3, ssl, uuid, venv, zlib, zoneinfo
assert sqlite3.sqlite_version_info >= (3, 40, 1)
socket.getaddrinfo("localhost", 80)
'

# python_works PYTHON: whether it is new enough, complete, and can make virtual environments
python_works() {
  local trial=$DEV/python-trial status=0
  { "$1" -c "$PYTHON_TEST" && "$1" -m venv "$trial" && "$trial/bin/pip" --version; } >/dev/null 2>&1 || status=1
  rm -rf "$trial"
  return "$status"
}

ensure_python() {
  local found suite
  if "$PYTHON" -c "$PYTHON_TEST" 2>/dev/null; then return 0; fi
  rm -rf "$PYTHON_PREFIX"
  found=$(python_of_this_machine)
  if [ -n "$found" ]; then
    mkdir -p "$PYTHON_PREFIX/bin"
    # Not a link: Python looks for its library from where it was started.
    printf '#!/bin/sh\nexec "%s" "$@"\n' "$found" >"$PYTHON"
    chmod +x "$PYTHON"
    return 0
  fi
  for suite in forky sid; do
    attempt python_from_debian "$suite"
    if [ "$ATTEMPT" -eq 0 ]; then return 0; fi
    echo "Python from the packages of $suite: failed"
  done
  attempt python_from_source
  if [ "$ATTEMPT" -ne 0 ]; then
    die "no way to get Python 3.14.2 or newer worked here." "Install uv or Python 3.14, and run this again."
  fi
}

# The path of a suitable Python, or nothing
python_of_this_machine() {
  local found
  if have uv; then
    found=$(uv_python_find)
    if [ -z "$found" ]; then
      uv python install --quiet --install-dir "$DEV/uv-python" 3.14 >&2 || true
      found=$(UV_PYTHON_INSTALL_DIR=$DEV/uv-python uv_python_find)
    fi
  else
    found=$(command -v python3.14 || true)
  fi
  [ -z "$found" ] || found=$("$found" -c 'import os, sys; print(os.path.realpath(sys.executable))')
  if [ -n "$found" ] && python_works "$found"; then echo "$found"; fi
}

uv_python_find() { uv python find --system --no-python-downloads '>=3.14.2,<3.15' 2>/dev/null || true; }

# Left out of the prefix: data that the machine has itself, and the headers of a libc newer than the machine's.
PYTHON_LEFT_OUT='^(debconf|ca-certificates|openssl.*|netbase|media-types|readline-common|tzdata|.*-base|.*-dev|.*-dev-bin)$'

python_from_debian() {
  local suite=$1 work=$DEV/python-work arch loader packages
  arch=$(uname -m)-linux-gnu
  rm -rf "$work" "$PYTHON_PREFIX"
  mkdir -p "$work" "$PYTHON_PREFIX"
  apt_open "$suite"
  packages=$(apt_closure "$suite" python3.14 python3.14-venv libpython3.14-dev libstdc++6 |
    awk -v out="$PYTHON_LEFT_OUT" '/^libpython3/ || $0 !~ out')
  # shellcheck disable=SC2086 # a list of words
  apt_unpack "$suite" "$work/unpacked" $packages
  rm -rf "$work"/unpacked/usr/share/{doc,man,lintian,bug}
  mv "$work"/unpacked/usr/* "$PYTHON_PREFIX/"
  cd "$PYTHON_PREFIX"

  # The interpreter is to start with the loader and the libraries beside it. DT_RPATH, not DT_RUNPATH: only that one
  # also holds for the libraries that extension modules pull in. Newer versions of patchelf than Debian 12's break
  # this program.
  apt_open bookworm
  apt_unpack bookworm "$work/patchelf" patchelf
  loader=$(find "$PYTHON_PREFIX"/lib*/ -maxdepth 1 -name 'ld-linux*.so.?' | head -n 1)
  "$work/patchelf/usr/bin/patchelf" --set-interpreter "$loader" --force-rpath \
    --set-rpath "$PYTHON_PREFIX/lib/$arch" bin/python3.14

  # Extension modules are compiled against the headers in the prefix.
  sed -i -E "s#(['\" =])/usr/(share/python-wheels|include|lib/python3|lib/$arch)#\1$PYTHON_PREFIX/\2#g" \
    lib/python3.14/_sysconfigdata__linux_*.py lib/python3.14/_sysconfig_vars__*.json lib/python3.14/config-3.14-*/Makefile
  cp "include/$arch/python3.14/pyconfig.h" include/python3.14/pyconfig.h
  rm -rf "$work"
  python_works "$PYTHON"
}

# Mirrors keep the source of the newest version, some of them only that of others; each download is verified.
PYTHON_SOURCE=python3.14_3.14.7.orig.tar.xz
PYTHON_SOURCE_SHA256=3b48dac8fb59f62eaa67ac83c1eb12bda1b7a08406dd286e252c11a66be27f81

python_source() {
  local suite folder mirror
  for suite in forky sid; do
    apt_open "$suite"
    folder=$DEV/apt/$suite
    sed -i 's/^deb \(.*\)/deb \1\ndeb-src \1/' "$folder/sources.list"
    rm -f "$folder/ready" # no longer the package lists that others expect
    apt_in "$suite" update
    if apt_in "$suite" source --download-only python3.14; then return 0; fi
  done
  mirror=$(sed -nE 's/^deb (.* )?([^ ]+) [^ ]+ main$/\2/p' "$folder/sources.list" | head -n 1)
  APT_CONFIG=$folder/apt.conf /usr/lib/apt/apt-helper download-file \
    "$mirror/pool/main/p/python3.14/$PYTHON_SOURCE" "$PYTHON_SOURCE" "SHA256:$PYTHON_SOURCE_SHA256"
}

python_from_source() {
  local work=$DEV/python-work
  if ! have cc || ! have make; then die "Python can only be built here, which needs a C compiler." \
    "Install gcc and make."; fi
  rm -rf "$work" "$PYTHON_PREFIX"
  mkdir -p "$work"
  cd "$work"
  python_source
  tar -xJf python3.14_*.orig.tar.xz
  cd Python-3.14*/
  ./configure -q --prefix="$PYTHON_PREFIX" --disable-test-modules --without-static-libpython
  make -s -j"$(nproc)"
  make -s install
  cd "$ROOT"
  rm -rf "$work"
  python_works "$PYTHON" || die "the Python built here lacks a library." \
    "Install the headers of OpenSSL, SQLite, zlib, bzip2, xz, libffi and libuuid, and run this again."
}
