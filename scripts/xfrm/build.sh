#!/usr/bin/env bash
# Builds a Linux guest with the unmodified kernel of Debian's cloud images, its XFRM and nothing else: FOLDER/vmlinuz and FOLDER/initrd.gz.
#
# usage: build.sh FOLDER [PROGRAM...]
# Each PROGRAM goes to /bin of the guest, with the shared libraries it has here.
#
# Installs the Debian packages that are missing. The kernel's package is only unpacked, below FOLDER, and kept there. Exits 77 with a message
# where the guest cannot be had; nothing has failed then.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
folder=$1
shift
mkdir -p "$folder"
folder=$(cd "$folder" && pwd)

skip() {
  echo "xfrm: skipped: $*" >&2
  exit 77
}

# What the kernel needs for ESP with AES-GCM over a virtio network card; what these depend on follows by itself. seqiv, and the random numbers
# it begins with, are no dependencies of any module's symbols: without them the SA is refused.
modules=(virtio_pci virtio_net xfrm_user esp4 esp6 aesni_intel ghash_clmulni_intel gcm ctr ghash_generic seqiv echainiv sha512_generic sha3_generic
  jitterentropy_rng drbg)

# Command that must be there, and the Debian package that brings it.
tools=(qemu-system-x86_64:qemu-system-x86 busybox:busybox-static cpio:cpio ip:iproute2 gzip:gzip ldd:libc-bin)

main() {
  [ "$(uname -m)" = x86_64 ] || skip "the guest is made of this machine's programs, and it is no x86_64 but $(uname -m)"
  install_tools
  fetch_kernel
  root=$(mktemp -d)
  trap 'rm -rf "$root"' EXIT
  mkdir -p "$root"/{bin,dev,etc,lib,lib64,proc,sbin,sys,tmp}
  add_program "$(command -v busybox)" bin/busybox
  add_program "$(command -v ip)" sbin/ip
  # Loaded when a thread ends early, and so in no list of libraries.
  add_library "$(ldconfig -p | awk '$1 == "libgcc_s.so.1" && /x86-64/ { print $NF; exit }')"
  for program in "$@"; do
    add_program "$program" "bin/$(basename "$program")"
  done
  add_modules
  install -m 755 "$here/init" "$root/init"
  (cd "$root" && find . -print0 | LC_ALL=C sort -z | cpio --quiet --null --create --format=newc --owner=0:0) | gzip -n1 >"$folder/initrd.new"
  mv "$folder/initrd.new" "$folder/initrd.gz"
}

install_tools() {
  local missing=() tool
  for tool in "${tools[@]}"; do
    command -v "${tool%%:*}" >/dev/null || missing+=("${tool#*:}")
  done
  [ "${#missing[@]}" -gt 0 ] || return 0
  command -v apt-get >/dev/null || skip "missing ${missing[*]}, and there is no apt-get to install them with"
  local root=()
  if [ "$(id -u)" -ne 0 ]; then
    command -v sudo >/dev/null || skip "missing ${missing[*]}; run as root: apt-get install --no-install-recommends ${missing[*]}"
    root=(sudo)
  fi
  echo "xfrm: installing by apt: ${missing[*]}"
  {
    "${root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get update -q &&
      "${root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends "${missing[@]}"
  } >"$folder/apt.log" 2>&1 || skip "apt-get could not install ${missing[*]}; see $folder/apt.log"
}

fetch_kernel() {
  [ ! -e "$folder/vmlinuz" ] || return 0
  command -v apt-get >/dev/null || skip "the kernel is a Debian package, and there is no apt-get"
  local package
  package=$(apt-cache depends linux-image-cloud-amd64 2>/dev/null | sed -n 's/.*Depends: \(linux-image-.*-cloud-amd64\)$/\1/p' | head -n 1)
  [ -n "$package" ] || skip "apt knows no package linux-image-cloud-amd64 (try: apt-get update; or no Debian on amd64)"
  echo "xfrm: fetching $package"
  rm -rf "$folder/kernel"
  mkdir "$folder/kernel"
  local options=(-q)
  [ "$(id -u)" -ne 0 ] || options+=(-o APT::Sandbox::User=root)
  (cd "$folder/kernel" && apt-get "${options[@]}" download "$package") >"$folder/apt.log" 2>&1 ||
    skip "apt-get could not download $package; see $folder/apt.log (old lists? apt-get update)"
  dpkg -x "$folder"/kernel/*.deb "$folder/kernel"
  rm "$folder"/kernel/*.deb
  # The package brings no list of dependencies between modules: its installation would make it.
  busybox depmod -b "$folder/kernel" "$(ls "$folder/kernel/lib/modules")"
  # Last, since it says that all else is there.
  cp "$folder"/kernel/boot/vmlinuz-* "$folder/vmlinuz"
}

# A program and the libraries it is linked with.
add_program() {
  install -m 755 "$1" "$root/$2"
  local library
  # ldd refuses a static program.
  for library in $(ldd "$1" 2>/dev/null | grep -o '/[^ ]*'); do
    add_library "$library"
  done
}

# A library where the loader looks for it.
add_library() {
  [ -n "$1" ] || return 0
  case "$1" in
    */ld-linux-*) install -m 755 "$1" "$root/lib64/$(basename "$1")" ;;
    *) install -m 755 "$1" "$root/lib/$(basename "$1")" ;;
  esac
}

# The modules and those they depend on, in /lib/modules by name, and the order to load them in /etc/modules.
add_modules() {
  local tree="$folder/kernel/lib/modules"
  tree="$tree/$(ls "$tree")"
  mkdir "$root/lib/modules"
  local name
  for name in "${modules[@]}"; do
    add_module "$tree" "$name"
  done
}

add_module() {
  local tree=$1 name=$2 line path dependency
  line=$(grep -E "/${name//_/[-_]}\.ko:" "$tree/modules.dep") || {
    echo "xfrm: kernel module $name is not in $(basename "$tree")" >&2
    exit 1
  }
  path=${line%%:*}
  [ ! -e "$root/lib/modules/$(basename "$path")" ] || return 0
  for dependency in ${line#*:}; do
    dependency=$(basename "$dependency" .ko)
    add_module "$tree" "$dependency"
  done
  install -m 644 "$tree/$path" "$root/lib/modules/"
  basename "$path" >>"$root/etc/modules"
}

main "$@"
