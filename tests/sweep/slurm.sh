#!/usr/bin/env bash
# Sweeps on a Slurm of one node: an unbroken one, and one whose tasks are requeued and cancelled and whose client is
# killed. Both end with the same table, and no run is done twice.
# Usage: tests/sweep/slurm.sh
source "$(dirname "$0")/common.sh"
source "$root/tests/sweep/cluster.sh"
trap 'stop_slurm; rm -rf "$work"' EXIT
sweep() { lab sweep "$work/toy.ipynb" "$work/doll.ipynb" -p lr=0.1,0.2 -p pause=2 --seeds 2 --on slurm --timeout 120 --out "$work/$1"; }
job() { cat "$work/$1"/slurm/*.json 2> /dev/null | sed 's/.*"Job":"\([0-9]*\)".*/\1/' | head -1; }
running() { [ "$(squeue --noheader --array --states=RUNNING | wc -l)" -ge 1 ] && grep -q begin "$work/broken/sweep.log" 2> /dev/null; }
in_a_cell() { grep -qs '^.1/' "$work"/cancelled/slurm/*_0.log; }
finished() { grep -q "Succeeded" "$work/broken/sweep.log"; }

sweep unbroken > "$work/unbroken.out"
expect "an unbroken sweep ends well" ended_once "$work/unbroken"

sweep broken > "$work/broken.out" 2>&1 & client=$!
until_true running
sleep 1
scontrol requeue "$(job broken)_0"
until_true scontrol update jobid="$(job broken)_0" starttime=now # Slurm would wait for two minutes
scancel "$(job broken)_7"
until_true finished
pkill -KILL -P "$client" || true
kill -KILL "$client" 2> /dev/null || true
wait "$client" 2> /dev/null || true
expect "tasks outlive the client" test -n "$(squeue --noheader)"
sweep broken > "$work/again.out" 2>&1 || { cat "$work/again.out"; exit 1; }
expect "the broken sweep ends with the same table" diff <(table "$work/unbroken") <(table "$work/broken")
expect "no run was done twice" ended_once "$work/broken"
sweep broken > "$work/third.out"
expect "a finished sweep submits nothing" grep -q "8 of 8 runs are finished already" "$work/third.out"

lab sweep "$work/toy.ipynb" -p pause=60 --on slurm --out "$work/cancelled" > "$work/cancelled.out" 2> "$work/cancelled.err" & client=$!
until_true in_a_cell
scancel --name=lab-sweep
status=0; wait "$client" || status=$?
expect "a cancelled run is told as such" test "$status" = 130 -o "$status" = 3
expect "with its reason" grep -qiE "cancelled|interrupted|SIGTERM" "$work/cancelled.err"

# Each run is given a device of its own, and sees it alone.
notebook card 'Environment.GetEnvironmentVariable(\"CUDA_VISIBLE_DEVICES\")?.Split(\u0027,\u0027).Length ?? 0'
lab sweep "$work/card.ipynb" --seeds 3 --on slurm --gpus 1 --timeout 120 --out "$work/cards" > "$work/cards.out"
expect "runs with GPUs end well" ended_once "$work/cards"
expect "each sees one of two" python3 -c 'import csv, sys; rows = list(csv.DictReader(open(sys.argv[1]))); sys.exit([float(row["value"]) for row in rows] != [1.0] * 3)' "$work/cards/measures.csv"
echo "Ran $count tests"
