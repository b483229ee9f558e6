#!/usr/bin/env bash
# Holdfast against the unmodified Linux kernel: builds the guest, then runs the harness (testbench/examples/xfrm) with the arguments given.
# Where the guest cannot be had, says why and ends well.
set -euo pipefail
cd "$(dirname "$0")/../.."
guest=${OUT:-target}/xfrm
cargo=${CARGO:-cargo}

# The harness, and what answers behind the kernel when this side has lost its state.
"$cargo" build --quiet --workspace --examples
built=${CARGO_TARGET_DIR:-target}/debug/examples
status=0
scripts/xfrm/build.sh "$guest" "$built/responder" || status=$?
case $status in
  0) ;;
  77) exit 0 ;;
  *) exit "$status" ;;
esac
exec "$built/xfrm" --guest "$guest" --out "$guest/run" "$@"
