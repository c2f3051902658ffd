#!/bin/sh
# Installs the real servers that the tests run against: moto (AWS), the Secret Service of gnome-keyring with its D-Bus, pass,
# etcd, and what build-go-servers.sh builds (sops, Vault, kube-apiserver: about 18 minutes the first time; `--no-build` leaves
# those out). PostgreSQL comes with `npm ci`. May be run again at any time: what is there is left alone. Needs no root but
# for Debian packages that are missing. Nothing is put into the clone: all of it lives in
# ${XDG_CACHE_HOME:-~/.cache}/keyhand/test-servers.
set -u

MOTO_VERSION=5.2.5
cache="${XDG_CACHE_HOME:-$HOME/.cache}/keyhand/test-servers"
moto="$cache/moto-$MOTO_VERSION"
failed=0

say() { printf 'test servers: %s\n' "$*"; }
missing() {
  printf 'test servers: %s\n' "$*" >&2
  failed=1
}
has() { command -v "$1" >/dev/null 2>&1; }

install_packages() {
  if ! has apt-get || [ "$(id -u)" != 0 ]; then
    missing "missing: $*; install them with your package manager (Debian: sudo apt-get install $*)"
    return 1
  fi
  say "installing $*"
  log="$(mktemp)"
  if DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "$@" >"$log" 2>&1 ||
    { apt-get update >"$log" 2>&1 &&
      DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "$@" >"$log" 2>&1; }; then
    rm -f "$log"
    return 0
  fi
  tail -n 5 "$log" >&2
  rm -f "$log"
  missing "apt-get could not install $*"
  return 1
}

secret_service() {
  if [ "$(uname -s)" != Linux ]; then
    say "the Secret Service is Linux only"
    return 0
  fi
  if has gnome-keyring-daemon && has dbus-run-session && [ -n "$(libsecret)" ]; then
    say "Secret Service: there"
    return 0
  fi
  install_packages gnome-keyring dbus libsecret-1-0 && say "Secret Service: installed"
}

# Where libsecret is: keytar is linked against it.
libsecret() {
  for path in /usr/lib/*/libsecret-1.so.0 /usr/lib64/libsecret-1.so.0 /usr/lib/libsecret-1.so.0; do
    [ -e "$path" ] && printf '%s' "$path" && return
  done
}

age_tool() {
  if has age; then
    say "age: there"
    return 0
  fi
  install_packages age && say "age: installed"
}

pass_tool() {
  if has pass && has gpg; then
    say "pass: there"
    return 0
  fi
  install_packages pass gnupg && say "pass: installed"
}

moto_server() {
  if [ -x "$moto/bin/moto_server" ] && [ -e "$moto/.complete" ]; then
    say "moto $MOTO_VERSION: there"
    return 0
  fi
  if ! has python3; then
    missing "python3 is missing: moto (AWS) cannot be installed"
    return 1
  fi
  say "installing moto $MOTO_VERSION into $moto (about half a minute)"
  mkdir -p "$cache"
  rm -rf "$moto"
  log="$cache/moto-install.log"
  if python3 -m venv "$moto" >"$log" 2>&1 &&
    "$moto/bin/pip" install --quiet --disable-pip-version-check "moto[server,secretsmanager]==$MOTO_VERSION" >>"$log" 2>&1; then
    touch "$moto/.complete"
    say "moto $MOTO_VERSION: installed"
  else
    tail -n 5 "$log" >&2
    rm -rf "$moto"
    missing "moto $MOTO_VERSION could not be installed (see $log; Debian needs python3-venv)"
    return 1
  fi
}

etcd_server() {
  # For kube-apiserver, which is built on Linux only.
  if [ "$(uname -s)" != Linux ] || has etcd; then
    return 0
  fi
  install_packages etcd-server && say "etcd: installed"
}

secret_service
age_tool
pass_tool
moto_server
etcd_server
if [ "${1:-}" != --no-build ]; then
  "$(dirname "$0")/build-go-servers.sh" || failed=1
fi
exit "$failed"
