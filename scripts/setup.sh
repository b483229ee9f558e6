#!/usr/bin/env bash
# Installs what `make` needs beyond Rust: tools of the system (by apt, as on Debian 12) and Python packages in .venv.
# Says what it installs; quick and silent when nothing is to do.
set -euo pipefail
cd "$(dirname "$0")/.."

# Command that must be there, and the Debian package that brings it.
tools=(
  verilator:verilator # the Verilated backend, and the lint of the exported Verilog
  iverilog:iverilog   # cross-checks of each block's Verilog
  yosys:yosys         # the same, and the proofs
  tshark:tshark       # a decryption that is not ours
  g++:g++             # compiles what Verilator writes
  make:make
)
missing=()
for tool in "${tools[@]}"; do
  command -v "${tool%%:*}" >/dev/null || missing+=("${tool#*:}")
done

python=python3
command -v "$python" >/dev/null || missing+=(python3)

stamp=.venv/.installed
wanted=$(cat scripts/requirements.txt scripts/setup.sh | sha256sum | cut -d ' ' -f 1)
installed=$(cat "$stamp" 2>/dev/null || true)
if [ "$installed" != "$wanted" ] && ! "$python" -c 'import ensurepip, venv' 2>/dev/null; then
  missing+=(python3-venv)
fi

if [ "${#missing[@]}" -gt 0 ]; then
  if ! command -v apt-get >/dev/null; then
    echo "setup: missing ${missing[*]}, and there is no apt-get to install them with." >&2
    echo "setup: install these tools the way your system does, then run this again. Tried with: Debian 12." >&2
    exit 1
  fi
  root=()
  if [ "$(id -u)" -ne 0 ]; then
    command -v sudo >/dev/null || {
      echo "setup: missing ${missing[*]}; run as root: apt-get install ${missing[*]}" >&2
      exit 1
    }
    root=(sudo)
  fi
  echo "setup: installing by apt: ${missing[*]}"
  log=$(mktemp)
  trap 'rm -f "$log"' EXIT
  as_root() {
    "${root[@]}" env DEBIAN_FRONTEND=noninteractive "$@" >"$log" 2>&1 || {
      cat "$log" >&2
      echo "setup: failed: $*" >&2
      exit 1
    }
  }
  as_root apt-get update -q
  # tshark asks whether everybody may capture; nothing here captures.
  if printf '%s\n' "${missing[@]}" | grep -qx tshark; then
    echo 'wireshark-common wireshark-common/install-setuid boolean false' | as_root debconf-set-selections
  fi
  as_root apt-get install -q -y --no-install-recommends "${missing[@]}"
fi

if [ "$installed" != "$wanted" ]; then
  echo "setup: installing Python packages into .venv (scripts/requirements.txt)"
  rm -f "$stamp"
  "$python" -m venv --clear .venv
  .venv/bin/python -m pip install --quiet --disable-pip-version-check --requirement scripts/requirements.txt
  echo "$wanted" >"$stamp"
fi
