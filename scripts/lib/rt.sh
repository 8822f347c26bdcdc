# shellcheck shell=bash
# Request Trackers, databases and web servers from Debian's packages, unpacked below .dev/rt. Data and running servers
# are made from them by scripts/live/rt, as many as wanted.

RT_HOME=$DEV/rt
RT_PREFIX=$RT_HOME/prefix

# Packages of the list that stay out. The first group would replace libraries and programs that this machine runs on
# (the prefix stands first on the library path); the second is never used by RT without a desktop or a mail system.
RT_LEFT_OUT='^(libc6|libc-bin|libgcc-s1|gcc-12-base|libcrypt1|libselinux1|libpcre2-8-0|perl-base|dpkg|tar|debconf|base-.*|init-.*|sysvinit-.*|lsb-base|passwd|login|libpam.*|libaudit.*|adduser|sensible-utils|ucf|coreutils|libacl1|libattr1|libgmp10|bash|dash|sed|mawk|util-linux.*|zlib1g)$'
RT_NOT_NEEDED='^(fonts-.*|msmtp.*|exim4.*|dbconfig-.*|perl-doc|x11-common|ca-certificates|openssl|tzdata)$'

# msmtp-mta only satisfies the dependency on some mail system in the smallest way: RT is given a program that writes
# mails into a folder. The last three are what RT needs for PostgreSQL, MariaDB and Apache.
RT_PACKAGES=(
  request-tracker5 rt5-db-sqlite rt5-standalone starman dbconfig-no-thanks msmtp-mta w3m
  libdbd-pg-perl libdbd-mysql-perl libfcgi-perl
)

# need_rt DESCRIPTION: what an RT needs that is described as scripts/live/rt/description.py says
need_rt() {
  local release database web
  IFS=, read -r release database web <<<"$1"
  need "Request Tracker of Debian 12" ensure_rt
  case ${release:-bookworm} in
    bookworm) ;;
    forky) need "Request Tracker of Debian $release" ensure_rt_forky ;;
    */*) [ -f "$release/lib/RT.pm" ] || die "there is no RT in $release (RT=$1): no lib/RT.pm." ;;
    *) die "RT=$1: no such release." "Name bookworm or forky, or the folder of an RT." ;;
  esac
  case ${database:-sqlite} in
    sqlite) ;;
    postgresql) need PostgreSQL ensure_postgresql ;;
    mariadb) need MariaDB ensure_mariadb ;;
    *) die "RT=$1: no such database." "Name sqlite, postgresql or mariadb." ;;
  esac
  case ${web:-starman} in
    starman) ;;
    apache | nginx) need "Apache and nginx" ensure_web_servers ;;
    *) die "RT=$1: no such web server." "Name starman, apache or nginx." ;;
  esac
}

rt_inputs() { echo "$(checksum "$ROOT/scripts/lib/rt.sh")" "$(perl -e 'printf "%vd", $^V')" "$RT_HOME"; }

ensure_rt() {
  local packages perl
  perl=$(perl -e 'printf "%vd", $^V' 2>/dev/null || true)
  case $perl in
    5.36.*) ;;
    *)
      die "Request Tracker 5's packages need the Perl of Debian 12 (5.36); this machine has ${perl:-none}." \
        "Open the project in its dev container (.devcontainer, Debian 12) and run the same command there."
      ;;
  esac
  is_done rt "$(rt_inputs)" && return 0
  rm -rf "$RT_PREFIX"
  apt_open bookworm
  packages=$(apt_closure bookworm "${RT_PACKAGES[@]}" | grep -vE "$RT_LEFT_OUT" | grep -vE "$RT_NOT_NEEDED")
  # shellcheck disable=SC2086 # a list of words
  apt_unpack bookworm "$RT_PREFIX" $packages
  settle_rt "$RT_PREFIX"
  mark_done rt "$(rt_inputs)"
}

# The newer RT alone: it runs with the Perl and the libraries of the older one.
ensure_rt_forky() {
  is_done rt-forky "$(rt_inputs)" && return 0
  rm -rf "$RT_HOME/forky"
  apt_open forky
  apt_unpack forky "$RT_HOME/forky" request-tracker5
  settle_rt "$RT_HOME/forky"
  mark_done rt-forky "$(rt_inputs)"
}

# settle_rt PREFIX: let RT find itself; it has its paths in one file.
settle_rt() {
  rm -rf "$1"/usr/share/{doc,man,lintian,bug,locale}
  sed -i -E "s#'(/(usr|etc|var)[^']*)'#'$1\1'#" "$1/usr/share/request-tracker5/lib/RT/Generated.pm"
}

ensure_postgresql() { unpack_beside_rt postgresql postgresql-15; }

ensure_mariadb() { unpack_beside_rt mariadb mariadb-server; }

ensure_web_servers() { unpack_beside_rt web apache2-bin libapache2-mod-fcgid nginx; }

# unpack_beside_rt NAME PACKAGE...: these, with what they need that RT does not
unpack_beside_rt() {
  local name=$1 packages
  shift
  is_done "$name" "$(rt_inputs)" && return 0
  rm -rf "${RT_HOME:?}/$name"
  apt_open bookworm
  packages=$(comm -13 <(apt_closure bookworm "${RT_PACKAGES[@]}" | sort) \
    <(apt_closure bookworm "${RT_PACKAGES[@]}" "$@" | sort) | grep -vE "$RT_LEFT_OUT" | grep -vE "$RT_NOT_NEEDED")
  # shellcheck disable=SC2086 # a list of words
  apt_unpack bookworm "$RT_HOME/$name" $packages
  rm -rf "$RT_HOME/$name"/usr/share/{doc,man,lintian,bug,locale}
  mark_done "$name" "$(rt_inputs)"
}
