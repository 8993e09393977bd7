# shellcheck shell=bash
# Makes this checkout ready to run: tools of the system, Node, packages, the build. Sourced by scripts/k8snet-lab and
# scripts/test. Does only what is missing, reports it on stderr, and takes almost no time when nothing is missing.
# Afterwards $NODE is the Node to run with.
# On macOS as well, where labs are built in containers: bash 3.2, BSD's commands, no flock.

NODE_VERSION=24.21.0
NODE_SHA512_x64=de750bb336795f47dc898a46d2de93add029273027f3e16520d3fa3a2317ed5f07aefa404cf37ddfa5352e545e389ae22d16b87bcc84a900580a72f23cd02ced
NODE_SHA512_arm64=1692513c4cf63afbd32df8c83a5346158f492cf30a825e66f9de2819804b836e242759a6bcdd5997f1cf2601781c3689e752127afd65d5c459fc333e91e5d6e6
NPM_VERSION=11.21.2
NPM_SHA512=ec73c0a64f807e53146af4ac78bd4f9ba0a762a3081e4e77c7e2a6ba1aa64c3a8f9233cc8312294cf713aac13dd4428dc3880504957d7e75e249d1a6d435eaf4

# Command → package that brings it: Debian and Ubuntu | Fedora and RHEL | Alpine.
TOOLS=(
  'ip iproute2|iproute|iproute2'
  'bridge iproute2|iproute|iproute2'
  'tc iproute2|iproute-tc|iproute2'
  'iptables iptables|iptables-nft|iptables'
  'nft nftables|nftables|nftables'
  'ipset ipset|ipset|ipset'
  'conntrack conntrack|conntrack-tools|conntrack-tools'
  'dig bind9-dnsutils|bind-utils|bind-tools'
  'tcpdump tcpdump|tcpdump|tcpdump'
  'ping iputils-ping|iputils|iputils'
  'mount mount|util-linux|mount'
  'nsenter util-linux|util-linux|util-linux'
  'unshare util-linux|util-linux|util-linux'
  'setpriv util-linux|util-linux|setpriv'
  'sysctl procps|procps-ng|procps'
  'perl perl-base|perl-interpreter|perl'
  'curl curl|curl|curl'
)

say() { printf 'k8snet-lab: %s\n' "$*" >&2; }

# die EXIT MESSAGE [HINT]
die() {
  say "$2"
  if [ -n "${3-}" ]; then printf '    hint: %s\n' "$3" >&2; fi
  exit "$1"
}

is_macos() { [ "$(uname -s)" = Darwin ]; }

# The path with all links resolved; not every system has `readlink -f`.
real_path() {
  local path=$1 there
  while [ -L "$path" ]; do
    there=$(readlink "$path")
    if [ "${there#/}" = "$there" ]; then there=$(dirname "$path")/$there; fi
    path=$there
  done
  printf '%s/%s' "$(cd "$(dirname "$path")" && pwd -P)" "$(basename "$path")"
}

# need_tools 'COMMAND PACKAGE|PACKAGE|PACKAGE'…: installs what is missing, or says how to.
need_tools() {
  local entry command names apt dnf apk missing='' apts='' dnfs='' apks=''
  for entry in "$@"; do
    command=${entry%% *} names=${entry#* }
    if command -v "$command" >/dev/null || [ -x "/usr/sbin/$command" ] || [ -x "/sbin/$command" ]; then continue; fi
    apt=${names%%|*} apk=${names##*|} dnf=${names#*|} dnf=${dnf%%|*}
    missing+=" $command"
    case " $apts " in *" $apt "*) ;; *) apts+=" $apt" ;; esac
    case " $dnfs " in *" $dnf "*) ;; *) dnfs+=" $dnf" ;; esac
    case " $apks " in *" $apk "*) ;; *) apks+=" $apk" ;; esac
  done
  if [ -z "$missing" ]; then return; fi
  if ! command -v apt-get >/dev/null; then
    local hint="install the packages that bring:$missing"
    if command -v dnf >/dev/null; then hint="sudo dnf install$dnfs"; fi
    if command -v apk >/dev/null; then hint="apk add$apks"; fi
    if command -v zypper >/dev/null; then hint="sudo zypper install$dnfs"; fi
    die 3 "these commands are missing:$missing" "$hint"
  fi
  if [ "$(id -u)" != 0 ]; then
    die 3 "these commands are missing:$missing" "sudo apt-get install$apts"
  fi
  say "installing with apt-get:$apts"
  local log
  log=$(mktemp)
  # shellcheck disable=SC2086  # a list of package names
  if ! apt_install $apts >"$log" 2>&1; then
    apt-get update -qq >>"$log" 2>&1 || say "apt-get update failed; trying with the existing package lists"
    # shellcheck disable=SC2086
    if ! apt_install $apts >"$log" 2>&1; then
      cat "$log" >&2
      rm -f "$log"
      die 3 "apt-get could not install:$apts" "sudo apt-get update && sudo apt-get install$apts"
    fi
  fi
  rm -f "$log"
}

apt_install() { DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends "$@"; }

# The major version of a Node, 0 when it does not run.
node_major() {
  local version
  version=$("$1" --version 2>/dev/null) || version=v0
  version=${version#v}
  printf '%s' "${version%%.*}"
}

registry() {
  local url=${npm_config_registry:-${NPM_CONFIG_REGISTRY:-}} file
  if [ -z "$url" ] && command -v npm >/dev/null; then url=$(npm config get registry 2>/dev/null) || url=''; fi
  if [ -z "$url" ]; then
    for file in "$HOME/.npmrc" /etc/npmrc; do
      if [ -z "$url" ] && [ -r "$file" ]; then url=$(sed -n 's/^registry *= *//p' "$file" | tail -n 1); fi
    done
  fi
  # A broken npm may print anything.
  case $url in http://* | https://*) ;; *) url=https://registry.npmjs.org ;; esac
  printf '%s' "${url%/}"
}

sha512() { if command -v sha512sum >/dev/null; then sha512sum; else shasum -a 512; fi | cut -d ' ' -f 1; }

# fetch PACKAGE VERSION SHA512 FOLDER: unpacks an npm package into FOLDER, after comparing its hash.
fetch() {
  local url file="$HOME_FOLDER/download.tgz"
  url="$(registry)/$1/-/$1-$2.tgz"
  say "downloading $url"
  if command -v curl >/dev/null; then
    curl -fsSL --retry 3 --connect-timeout 20 -o "$file" "$url" || die 3 "could not download $url" "is the network up? HTTPS_PROXY sets a proxy, npm_config_registry another registry"
  else
    wget -q -O "$file" "$url" || die 3 "could not download $url" "is the network up? npm_config_registry sets another registry"
  fi
  if [ "$(sha512 <"$file")" != "$3" ]; then
    rm -f "$file"
    die 3 "$url is not the file that scripts/set-up.sh expects (SHA-512 differs); nothing was unpacked" "does the configured registry or proxy serve something else?"
  fi
  mkdir -p "$4"
  tar -xzf "$file" -C "$4" --strip-components=1 --no-same-owner || die 3 "$url could not be unpacked" "see above"
  rm -f "$file"
}

# Sets NODE: the local one, the system's if new enough, or a fresh local one.
need_node() {
  NODE=$HOME_FOLDER/bin/node
  if [ -x "$NODE" ] && [ "$(node_major "$NODE")" -ge 24 ]; then return; fi
  local system arch sum
  if system=$(command -v node) && [ "$(node_major "$system")" -ge 24 ]; then
    NODE=$system
    return
  fi
  if is_macos; then die 3 "Node.js 24 or later is needed" "brew install node, or install it from https://nodejs.org, then try again"; fi
  case $(uname -m) in
    x86_64) arch=x64 sum=$NODE_SHA512_x64 ;;
    aarch64) arch=arm64 sum=$NODE_SHA512_arm64 ;;
    *) die 3 "there is no prebuilt Node $NODE_VERSION for $(uname -m)" "install Node 24 or later yourself, then try again" ;;
  esac
  if ldd --version 2>&1 | grep -qi musl; then die 3 "the prebuilt Node needs glibc, but this system has musl" "apk add nodejs npm (version 24 or later)"; fi
  if [ -n "$system" ]; then say "node on this machine is $("$system" --version); putting Node $NODE_VERSION into .node/ (the system's is not changed)"; else say "putting Node $NODE_VERSION into .node/"; fi
  fetch "node-linux-$arch" "$NODE_VERSION" "$sum" "$HOME_FOLDER"
  if [ "$(node_major "$NODE")" -lt 24 ]; then die 3 "the Node in .node/ does not run on this machine" "try: $NODE --version"; fi
}

# Runs npm with $NODE: the system's npm if it is 10 or later, else our own.
run_npm() {
  local npm='' own=$HOME_FOLDER/npm
  if [ -f "$own/bin/npm-cli.js" ]; then
    npm=$own/bin/npm-cli.js
  elif npm=$(command -v npm) && npm=$(real_path "$npm") && [ "${npm%.js}" != "$npm" ] && [ "$(node_major_of_npm "$npm")" -ge 10 ]; then
    :
  else
    fetch npm "$NPM_VERSION" "$NPM_SHA512" "$own"
    npm=$own/bin/npm-cli.js
  fi
  # Started by `npm install --global .` npm is set to work globally; what follows concerns this folder.
  env -u npm_config_global -u npm_config_location -u npm_config_prefix PATH="${NODE%/*}:$PATH" "$NODE" "$npm" "$@"
}

node_major_of_npm() {
  local version
  version=$("$NODE" "$1" --version 2>/dev/null) || version=0
  printf '%s' "${version%%.*}"
}

need_packages() {
  local stamp=node_modules/.package-lock.json
  if [ -f "$stamp" ] && [ ! package-lock.json -nt "$stamp" ]; then return; fi
  # npm writes both files at once, in either order: a second apart is the same installation.
  if [ -f "$stamp" ] && "$NODE" -e 'const [a, b] = process.argv.slice(1).map((file) => fs.statSync(file).mtimeMs); process.exit(a - b < 2000 ? 0 : 1)' package-lock.json "$stamp"; then return; fi
  say "installing packages (npm ci)"
  local cache=()
  # Under sudo npm would leave files of root in the user's own cache.
  if [ -n "${SUDO_UID-}" ]; then cache=(--cache "$HOME_FOLDER/npm-cache"); fi
  # None of our packages needs its install script: esbuild and koffi bring prebuilt binaries.
  run_npm ci --ignore-scripts --no-audit --no-fund --loglevel=error ${cache[@]+"${cache[@]}"} >&2 || die 3 "npm ci failed" "see above; npm_config_registry sets another registry"
  touch "$stamp"
}

need_build() {
  say "building"
  local stamp=$HOME_FOLDER/stamp.$$
  # Dated before the build starts, so that files edited during it are rebuilt next time.
  printf '%s\n' "$NODE" >"$stamp"
  "$NODE" scripts/build.ts >&2 || die 70 "the build failed" "see above"
  mv "$stamp" dist/.stamp
}

# Files made under sudo get the owner of the checkout.
give_back() {
  local owner
  # Not stat(1), which has other options on every system.
  owner=$(ls -ldn . | awk '{ print $3 ":" $4 }')
  if [ "$(id -u)" != 0 ] || [ "$owner" = 0:0 ]; then return; fi
  chown -R "$owner" .node node_modules dist
}

# Puts k8snet-lab on the PATH with a link: in /usr/local/bin for root, else in ~/.local/bin. An existing file is left alone.
link_program() {
  local program=$ROOT/scripts/k8snet-lab folder=$HOME/.local/bin there
  if [ "$(id -u)" = 0 ]; then folder=/usr/local/bin; fi
  if there=$(command -v k8snet-lab); then
    if [ "$(real_path "$there")" != "$program" ]; then say "k8snet-lab on the PATH is $there, which is left alone"; fi
    return
  fi
  if [ -e "$folder/k8snet-lab" ] || [ -L "$folder/k8snet-lab" ]; then
    say "$folder/k8snet-lab already exists and is left alone"
    return
  fi
  if ! { mkdir -p "$folder" && ln -s "$program" "$folder/k8snet-lab"; } 2>/dev/null; then
    say "no link in $folder: it is not writable"
    return
  fi
  say "k8snet-lab is now on the PATH: $folder/k8snet-lab is a link to $program (--no-link skips it)"
  case ":$PATH:" in *":$folder:"*) ;; *) say "$folder is not in this shell's PATH; for now: export PATH=\"\$PATH:$folder\"" ;; esac
}

# True when the build exists and none of its sources is newer.
is_ready() {
  [ -f dist/.stamp ] && [ -f node_modules/.package-lock.json ] && read -r NODE <dist/.stamp && [ -x "$NODE" ] &&
    [ ! "$NODE" -nt dist/.stamp ] &&
    [ -z "$(find src scripts/build.ts scripts/launcher.cjs package.json package-lock.json tsconfig.json -newer dist/.stamp -print | head -n 1)" ]
}

# A lock on FILE; released when its holder exits.
lock() {
  if command -v flock >/dev/null; then
    exec 9>"$1"
    flock 9
    return
  fi
  local holder
  while ! ln -s "$$" "$1.link" 2>/dev/null; do
    holder=$(readlink "$1.link") || continue
    if ! kill -0 "$holder" 2>/dev/null; then rm -f "$1.link"; else sleep 0.2; fi
  done
}

unlock() {
  if command -v flock >/dev/null; then exec 9>&-; else rm -f "$1.link"; fi
}

set_up() {
  local from=$PWD
  cd "$ROOT" || exit 3
  HOME_FOLDER=$ROOT/.node
  # The engine's machine has the tools.
  if ! is_macos; then need_tools "${TOOLS[@]}"; fi
  if ! is_ready && [ ! -w . ]; then
    # Another user's checkout: run their build.
    if [ ! -f dist/k8snet-lab.js ]; then die 3 "this checkout is not set up yet, and you cannot write to it" "once, as its owner: scripts/k8snet-lab --version"; fi
    say "the sources are newer than the build, but you cannot write here: running the existing build"
    need_node
  elif ! is_ready; then
    mkdir -p "$HOME_FOLDER"
    # Two at once: one sets up, the other waits and finds everything done.
    lock "$HOME_FOLDER/lock"
    if ! is_ready; then
      local first=''
      if [ ! -f dist/.stamp ]; then first=yes; fi
      need_node
      need_packages
      need_build
      give_back
      # Later builds do not restore a link that the user has removed.
      if [ -n "$first" ] && [ "${LINK-no}" = yes ]; then link_program; fi
    fi
    unlock "$HOME_FOLDER/lock"
  fi
  cd "$from" || exit 3
}
