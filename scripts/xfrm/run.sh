#!/usr/bin/env bash
# Holdfast against the unmodified Linux kernel: builds the guest, then runs the harness (testbench/examples/xfrm) with the arguments given.
# Where the guest cannot be had, says why and ends well.
set -euo pipefail
cd "$(dirname "$0")/../.."
guest=${OUT:-target}/xfrm
cargo=${CARGO:-cargo}

# What answers behind the kernel when this side has lost its state.
"$cargo" build --quiet -p holdfast-model --example responder
status=0
scripts/xfrm/build.sh "$guest" "${CARGO_TARGET_DIR:-target}/debug/examples/responder" || status=$?
case $status in
  0) ;;
  77) exit 0 ;;
  *) exit "$status" ;;
esac
exec "$cargo" run --quiet -p holdfast-testbench --example xfrm -- --guest "$guest" --out "$guest/run" "$@"
