# shellcheck shell=bash
# Debian packages without installing them: apt works with a state of its own in a folder, as if nothing were
# installed, and the packages are unpacked below .dev. Needs no root and leaves the system as it is.

# apt_sources SUITE: lines for sources.list, from wherever this machine gets its own packages. `--print-uris` knows
# every way to write sources down and needs neither root nor downloaded lists.
apt_sources() {
  local suite=$1 own signed='' uris part uri
  own=$(. /etc/os-release && echo "${VERSION_CODENAME:-}")
  if [ -f /usr/share/keyrings/debian-archive-keyring.gpg ]; then
    signed='[signed-by=/usr/share/keyrings/debian-archive-keyring.gpg]'
  fi
  # "'URI/dists/SUITE/main/binary-…" becomes "URI SUITE"
  uris=$(apt-get update --print-uris 2>/dev/null | sed -nE "s#^'([^']*[^/'])/+dists/([^/']+)/main/binary-.*#\1 \2#p" |
    grep -v '^cdrom:' | sort -u)
  for part in "$suite" "$suite-updates" "$suite-security"; do
    # Other vendors have suites of the same name; Debian's own mirrors end in /debian.
    uri=$(awk -v want="$part" '$2 == want { print ($1 ~ /[^x]\/debian(-security)?$/ ? 0 : 1), $1 }' <<<"$uris" |
      sort | head -n 1 | cut -d' ' -f2)
    # A suite that this machine does not use itself: the same mirror has it.
    if [ -z "$uri" ] && [ "$part" = "$suite" ]; then
      uri=$(awk -v want="$own" '$2 == want { print ($1 ~ /[^x]\/debian$/ ? 0 : 1), $1 }' <<<"$uris" |
        sort | head -n 1 | cut -d' ' -f2)
    fi
    [ -z "$uri" ] || printf 'deb %s %s %s main\n' "$signed" "$uri" "$part"
  done
}

# apt_open SUITE: get a private apt for a suite ready. Its package lists serve for an hour.
apt_open() {
  local suite=$1 folder=$DEV/apt/$1
  have apt-get || die "this machine has no apt-get." \
    "Install uv, and for Request Tracker open the project in its dev container (Debian 12)."
  # The folder's own path stands in its configuration: a copied or moved tree starts anew.
  if [ "$(cat "$folder/ready" 2>/dev/null)" = "$folder" ] &&
    [ -n "$(find "$folder/ready" -mmin -60)" ]; then return 0; fi
  rm -rf "$folder"
  mkdir -p "$folder"/{lists/partial,cache/archives/partial,state,log}
  : >"$folder/state/status"
  apt_sources "$suite" >"$folder/sources.list"
  [ -s "$folder/sources.list" ] || die "apt knows no mirror that could have Debian's suite '$suite'." \
    "Add Debian's main archive to /etc/apt/sources.list, or use the dev container."
  {
    # How this machine reaches its mirrors (proxies, certificates) holds here too; its hooks must not.
    apt-config dump | grep -E '^Acquire::(https?|ftp|[a-z]+::Proxy|Check|ForceIPv)' || true
    printf '%s;\n' \
      'Dir::Etc::main "/dev/null"' 'Dir::Etc::parts "/dev/null"' \
      "Dir::Etc::sourcelist \"$folder/sources.list\"" 'Dir::Etc::sourceparts "/dev/null"' \
      'Dir::Etc::preferences "/dev/null"' 'Dir::Etc::preferencesparts "/dev/null"' \
      "Dir::State \"$folder/state\"" "Dir::State::status \"$folder/state/status\"" \
      "Dir::State::lists \"$folder/lists\"" "Dir::Cache \"$folder/cache\"" "Dir::Log \"$folder/log\"" \
      'Acquire::Check-Valid-Until "false"' 'Acquire::Languages "none"' 'Acquire::Retries "3"' \
      'APT::Sandbox::User ""' 'APT::Install-Recommends "false"'
  } >"$folder/apt.conf"
  apt_in "$suite" update
  printf '%s\n' "$folder" >"$folder/ready"
}

apt_in() {
  local suite=$1
  shift
  APT_CONFIG=$DEV/apt/$suite/apt.conf apt-get -qq -y "$@"
}

# apt_closure SUITE PACKAGE...: names of these packages and of everything they depend on
apt_closure() {
  local suite=$1
  shift
  apt_in "$suite" install --simulate "$@" | awk '$1 == "Inst" { sub(/:.*/, "", $2); print $2 }'
}

# apt_unpack SUITE TARGET PACKAGE...: exactly these packages, unpacked. Several at a time: hundreds of small packages
# spend their time waiting for the mirror.
apt_unpack() {
  local suite=$1 target=$2 debs=$DEV/apt/$1/debs
  shift 2
  rm -rf "$debs"
  mkdir -p "$debs" "$target"
  export -f apt_in
  export DEV
  (cd "$debs" && printf '%s\n' "$@" | xargs -P 4 -n 50 bash -c 'apt_in "$0" download "$@"' "$suite")
  find "$debs" -name '*.deb' -print0 | xargs -0 -P "$(nproc)" -I '{}' dpkg-deb -x '{}' "$target"
  rm -rf "$debs"
}
