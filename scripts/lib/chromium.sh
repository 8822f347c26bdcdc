# shellcheck shell=bash
# A browser for what looks at the user interface, started by the path in CHROMIUM: the machine's own, or Debian's,
# unpacked into .dev/chromium. And Playwright, which controls it.

CHROMIUM_PREFIX=$DEV/chromium
CHROMIUM=$CHROMIUM_PREFIX/chromium

ensure_playwright() { ensure_group browser; }

ensure_chromium() {
  local found inputs
  inputs=$(checksum "$ROOT/scripts/lib/chromium.sh")
  is_done chromium "$inputs" "$CHROMIUM_PREFIX" && return 0
  rm -rf "$CHROMIUM_PREFIX"
  mkdir -p "$CHROMIUM_PREFIX"
  found=$(command -v chromium || command -v chromium-browser || command -v google-chrome || true)
  if [ -n "$found" ]; then
    ln -s "$found" "$CHROMIUM"
  elif have apt-get; then
    chromium_from_debian
  else
    die "this machine has no Chromium and no apt-get to fetch it with." "Install Chromium, and run this again."
  fi
  "$CHROMIUM" --version
  mark_done chromium "$inputs" "$CHROMIUM_PREFIX"
}

# Left out: what would replace the C library that this machine's own programs run on.
CHROMIUM_LEFT_OUT='^(libc6|libc-bin|libgcc-s1|gcc-12-base|libcrypt1|perl.*|libperl.*|dpkg|tar|debconf|base-.*|init-.*|coreutils|bash|dash|adduser|passwd|util-linux.*|dbus.*|systemd.*|libpam.*|login)$'

chromium_from_debian() {
  local packages libraries
  apt_open bookworm
  packages=$(apt_closure bookworm chromium fonts-dejavu-core fonts-noto-color-emoji | grep -vE "$CHROMIUM_LEFT_OUT")
  # shellcheck disable=SC2086 # a list of words
  apt_unpack bookworm "$CHROMIUM_PREFIX" $packages
  rm -rf "$CHROMIUM_PREFIX"/usr/share/{doc,man,lintian,bug,locale}
  libraries=$CHROMIUM_PREFIX/usr/lib/$(uname -m)-linux-gnu
  # Fonts and their configuration are looked for in the prefix, too.
  sed -i "s#<dir>/usr/share/fonts</dir>#<dir>$CHROMIUM_PREFIX/usr/share/fonts</dir>&#" \
    "$CHROMIUM_PREFIX/etc/fonts/fonts.conf"
  cat >"$CHROMIUM" <<WRAPPER
#!/bin/sh
export LD_LIBRARY_PATH="$CHROMIUM_PREFIX/lib/$(uname -m)-linux-gnu:$libraries:$libraries/nss:$libraries/pulseaudio"
export FONTCONFIG_FILE="$CHROMIUM_PREFIX/etc/fonts/fonts.conf"
exec "$CHROMIUM_PREFIX/usr/lib/chromium/chromium" "\$@"
WRAPPER
  chmod +x "$CHROMIUM"
}
