# shellcheck shell=bash
# Two small packages that Home Assistant always loads (for speech) come as C++ sources only. A machine without a C++
# compiler gets Debian's, unpacked into .dev/compiler.

COMPILER=$DEV/compiler

ensure_compiler() {
  local packages libraries name
  if have c++ && have cc; then return 0; fi
  if ! is_done compiler "$(checksum "$ROOT/scripts/lib/compiler.sh")" "$COMPILER"; then
    rm -rf "$COMPILER"
    apt_open bookworm
    packages=$(apt_closure bookworm gcc-12 g++-12 binutils libc6-dev)
    # shellcheck disable=SC2086 # a list of words
    apt_unpack bookworm "$COMPILER" $packages
    rm -rf "$COMPILER"/usr/share
    libraries=$COMPILER/usr/lib/$(uname -m)-linux-gnu
    mkdir -p "$COMPILER/wrappers"
    for name in gcc g++; do
      # The C library of the compiler's own folder, and its tools before the machine's.
      printf '#!/bin/sh\nexport LD_LIBRARY_PATH="%s" PATH="%s:$PATH"\nexec "%s" --sysroot="%s" "$@"\n' \
        "$libraries" "$COMPILER/usr/bin" "$COMPILER/usr/bin/$name-12" "$COMPILER" >"$COMPILER/wrappers/$name"
      chmod +x "$COMPILER/wrappers/$name"
    done
    mark_done compiler "$(checksum "$ROOT/scripts/lib/compiler.sh")" "$COMPILER"
  fi
  export CC=$COMPILER/wrappers/gcc CXX=$COMPILER/wrappers/g++
}
