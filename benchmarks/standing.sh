#!/usr/bin/env bash
# The standing table: Lab's time over its peers', every pair measured by turns in one run, as Markdown and JSON.
# A second column for the GPU where there is one. What cannot be measured here stands below the table, with the reason.
# Peers, e.g. on Debian: apt install python3-torch libopenblas0 python3-ipykernel jupyter-client nodejs npm
# Usage: benchmarks/standing.sh [rounds] [threads] [folder]
set -uo pipefail
cd "$(dirname "$0")/.."
rounds=${1:-5} threads=${2:-$(nproc)} folder=${3:-out/benchmarks}
mkdir -p "$folder"
export RATIOS=$(mktemp) MISSING=$(mktemp)
trap 'rm -f "$RATIOS" "$MISSING"' EXIT
dotnet build benchmarks -c Release -v q --nologo || exit 1
lab="dotnet benchmarks/bin/Release/net10.0/Benchmarks.dll"

measure() { # measure NAME COMMAND...
  local name=$1; shift
  echo "== $name"
  "$@" 2>&1 | tee "$folder/$name.log"
  local status=${PIPESTATUS[0]}
  [ "$status" = 0 ] || printf '%s\t%s\n' "$name" "code $status: $(grep . "$folder/$name.log" | tail -1)" >> "$MISSING"
}

devices=cpu
nvidia-smi -L > /dev/null 2>&1 && devices="cpu cuda"
for device in $devices; do
  measure "training-step-$device" benchmarks/training-step.sh "$rounds" "$threads" /usr/bin/python3 "$device"
  measure "reducing-$device" $lab reducing "$threads" "$device"
done
measure kernel benchmarks/kernel-startup.sh "$rounds"
measure tokenizing benchmarks/tokenizing.sh "$rounds"
for device in $devices; do measure "assigning-$device" $lab assigning "$threads" "$device"; done # the longest
python3 benchmarks/standing.py "$RATIOS" "$MISSING" "$rounds" "$threads" "$folder"
