# shellcheck shell=bash
# Request Tracker 5 from Debian's packages, unpacked into .dev/rt/prefix. Databases and servers are made from it by
# scripts/live/rt.py, as many as wanted.

RT_PREFIX=$DEV/rt/prefix

# Packages of the list that stay out. The first group would replace libraries and programs that this machine runs on
# (the prefix stands first on the library path); the second is never used by RT without a desktop or a mail system.
RT_LEFT_OUT='^(libc6|libc-bin|libgcc-s1|gcc-12-base|libcrypt1|libselinux1|libpcre2-8-0|perl-base|dpkg|tar|debconf|base-.*|init-.*|sysvinit-.*|lsb-base|passwd|login|libpam.*|libaudit.*|adduser|sensible-utils|ucf|coreutils|libacl1|libattr1|libgmp10|bash|dash|sed|mawk|util-linux.*|zlib1g)$'
RT_NOT_NEEDED='^(fonts-.*|msmtp.*|exim4.*|dbconfig-.*|perl-doc|x11-common|ca-certificates|openssl|tzdata)$'

rt_packages() {
  # msmtp-mta only satisfies the dependency on some mail system in the smallest way: RT is given a program that
  # writes mails into a folder. w3m turns HTML into text; without one RT is slow and warns.
  apt_closure bookworm request-tracker5 rt5-db-sqlite rt5-standalone starman dbconfig-no-thanks msmtp-mta w3m |
    grep -vE "$RT_LEFT_OUT" | grep -vE "$RT_NOT_NEEDED"
}

ensure_rt() {
  local packages generated perl
  perl=$(perl -e 'printf "%vd", $^V' 2>/dev/null || true)
  case $perl in
    5.36.*) ;;
    *)
      die "Request Tracker 5's packages need the Perl of Debian 12 (5.36); this machine has ${perl:-none}." \
        "Open the project in its dev container (.devcontainer, Debian 12) and run the same command there."
      ;;
  esac
  is_done rt "$(checksum "$ROOT/scripts/lib/rt.sh")" "$perl" "$RT_PREFIX" && return 0
  rm -rf "$RT_PREFIX"
  apt_open bookworm
  packages=$(rt_packages)
  # shellcheck disable=SC2086 # a list of words
  apt_unpack bookworm "$RT_PREFIX" $packages
  rm -rf "$RT_PREFIX"/usr/share/{doc,man,lintian,bug,locale}
  # RT has its paths in one file.
  generated=$RT_PREFIX/usr/share/request-tracker5/lib/RT/Generated.pm
  sed -i -E "s#'(/(usr|etc|var)[^']*)'#'$RT_PREFIX\1'#" "$generated"
  mark_done rt "$(checksum "$ROOT/scripts/lib/rt.sh")" "$perl" "$RT_PREFIX"
}
