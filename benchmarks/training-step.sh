#!/usr/bin/env bash
# One training step (forward, backward, AdamW; batch 128, 32x32) in Lab and in PyTorch, by turns.
# Needs PyTorch for the system's Python, e.g. on Debian: apt install python3-torch libopenblas0
# Usage: benchmarks/training-step.sh [rounds] [threads] [python] [device]
set -euo pipefail
cd "$(dirname "$0")"
rounds=${1:-5} threads=${2:-2} python=${3:-/usr/bin/python3} device=${4:-cpu}
dotnet build -c Release -v q --nologo
results=$(mktemp -d)
trap 'rm -r "$results"' EXIT

median() { sort -n | awk '{ v[NR] = $1 } END { print NR % 2 ? v[(NR + 1) / 2] : (v[NR / 2] + v[NR / 2 + 1]) / 2 }'; }

echo "threads $threads, $(nproc) cores, load $(cut -d' ' -f1 /proc/loadavg), PyTorch $($python -c 'import torch; print(torch.__version__)')"
printf '%-10s %12s %12s %8s %18s\n' model 'Lab ms' 'PyTorch ms' ratio 'ratio (processor)'
for model in 2/3x2 7/3x1; do
  steps=$([ "$model" = 2/3x2 ] && echo 10 || echo 2)
  for _ in $(seq "$rounds"); do
    dotnet bin/Release/net10.0/Benchmarks.dll training-step "$model" "$steps" "$threads" "$device" >> "$results/lab-${model/\//-}"
    OMP_NUM_THREADS=$threads $python training_step.py "$model" "$steps" "$threads" "$device" >> "$results/torch-${model/\//-}"
  done
  for column in 1 2; do
    lab=$(cut -d' ' -f$column "$results/lab-${model/\//-}" | median)
    torch=$(cut -d' ' -f$column "$results/torch-${model/\//-}" | median)
    ratio=$(awk "BEGIN { printf \"%.2f\", $lab / $torch }")
    [ $column = 2 ] || [ -z "${RATIOS:-}" ] || printf 'training step\tCCT-%s, batch 128\tPyTorch %s\t%s\t%s\n' "$model" "$($python -c 'import torch; print(torch.__version__)')" "$device" "$ratio" >> "$RATIOS"
    [ $column = 1 ] && printf '%-10s %12s %12s %8s' "CCT-$model" "$lab" "$torch" "$ratio" || printf ' %18s\n' "$ratio"
  done
done
echo "ratio: Lab over PyTorch, medians of $rounds rounds by turns; below 1 Lab is faster"
