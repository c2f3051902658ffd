#!/bin/sh
# Builds the real servers that are had as Go modules: sops, HashiCorp Vault and kube-apiserver, pinned, each into
# ${XDG_CACHE_HOME:-~/.cache}/keyhand/test-servers/<name>-<version>. About 18 minutes the first time on two cores, nothing
# after that: what is there is left alone. Names on the command line build only those.
# Vault is under the Business Source License: it is for these tests only, and nothing of it is shipped.
set -u

SOPS_VERSION=3.13.3
VAULT_VERSION=1.21.0
KUBE_VERSION=1.37.2
KUBE_STAGING_VERSION=0.37.2
cache="${XDG_CACHE_HOME:-$HOME/.cache}/keyhand/test-servers"
failed=0

say() { printf 'test servers: %s\n' "$*"; }
missing() {
  printf 'test servers: %s\n' "$*" >&2
  failed=1
}

# build NAME VERSION PROGRAM FUNCTION TIME: runs FUNCTION in an empty folder; it must leave PROGRAM in $out.
build() {
  out="$cache/$1-$2"
  if [ -x "$out/$3" ] && [ -e "$out/.complete" ]; then
    say "$1 $2: there"
    return 0
  fi
  if ! command -v go >/dev/null 2>&1; then
    missing "go is missing: $1 $2 cannot be built (Debian: golang-go from backports, or https://go.dev/dl)"
    return 1
  fi
  mkdir -p "$cache"
  # Two runs at once would build into each other's folder. The one that comes second waits for the first.
  lock="$cache/$1-$2.lock"
  until mkdir "$lock" 2>/dev/null; do
    if ! kill -0 "$(cat "$lock/pid" 2>/dev/null || echo 0)" 2>/dev/null && [ -e "$lock/pid" ]; then
      rm -rf "$lock"
      continue
    fi
    sleep 2
    [ -e "$out/.complete" ] && say "$1 $2: there" && return 0
  done
  echo $$ >"$lock/pid"
  log="$cache/$1-$2-build.log"
  say "building $1 $2 into $out ($5; log: $log)"
  rm -rf "$out"
  work="$out/module"
  mkdir -p "$work"
  if (cd "$work" && "$4") >"$log" 2>&1 && [ -x "$out/$3" ]; then
    rm -rf "$work"
    touch "$out/.complete"
    say "$1 $2: built"
  else
    tail -n 5 "$log" >&2
    rm -rf "$out"
    missing "$1 $2 could not be built (see $log)"
  fi
  rm -rf "$lock"
}

sops() {
  GOBIN="$out" go install -ldflags '-s -w' "github.com/getsops/sops/v3/cmd/sops@v$SOPS_VERSION"
}

# `go install` refuses a module with replace lines, so the program is built as the tool of a module of our own.
vault() {
  go mod init example.invalid/vault &&
    go get -tool "github.com/hashicorp/vault@v$VAULT_VERSION" &&
    go build -ldflags '-s -w' -o "$out/vault" github.com/hashicorp/vault
}

# Kubernetes requires its staging modules as v0.0.0 and replaces them inside its own tree; they are published as v0.X.
kube_apiserver() {
  go mod init example.invalid/kube &&
    gomod="$(go mod download -json "k8s.io/kubernetes@v$KUBE_VERSION" | sed -n 's/.*"GoMod": "\(.*\)".*/\1/p')" &&
    for module in $(awk '$1 ~ /^k8s\.io\// && $2 == "v0.0.0" { print $1 }' "$gomod"); do
      go mod edit -replace "$module=$module@v$KUBE_STAGING_VERSION" || return 1
    done &&
    go get -tool "k8s.io/kubernetes/cmd/kube-apiserver@v$KUBE_VERSION" &&
    go build -ldflags '-s -w' -o "$out/kube-apiserver" k8s.io/kubernetes/cmd/kube-apiserver
}

[ $# -gt 0 ] || set -- sops vault kube-apiserver
for server in "$@"; do
  case "$server" in
    sops) build sops "$SOPS_VERSION" sops sops 'about 3 minutes' ;;
    vault) build vault "$VAULT_VERSION" vault vault 'about 10 minutes' ;;
    kube-apiserver) build kube-apiserver "$KUBE_VERSION" kube-apiserver kube_apiserver 'about 6 minutes' ;;
    *) missing "there is no server \`$server\`: sops, vault, kube-apiserver" ;;
  esac
done
exit "$failed"
