#!/usr/bin/env bash
# A sweep whose disk fills up, and one whose folder is read-only: clear errors, nothing half-written, and it goes on
# where there is room again. Mounts a small tmpfs, so it needs root on Linux.
# Usage: tests/sweep/disk.sh
source "$(dirname "$0")/common.sh"
mkdir "$work/disk"
mount -t tmpfs -o size=200k tmpfs "$work/disk" || { echo "A tmpfs cannot be mounted here: the tests of full disks were not run."; exit 0; }
trap 'umount "$work/disk"; rm -rf "$work"' EXIT
sweep() { lab sweep "$work/toy.ipynb" -p lr=0.1,0.2,0.3 --seeds 3 --out "$work/disk/sweep" > "$work/out" 2> "$work/err"; }
records_are_whole() { python3 -c 'import glob, json, sys; [json.load(open(path)) for pattern in ("run.json", "*.ipynb") for path in glob.glob(sys.argv[1] + "/runs/*/*/" + pattern)]' "$work/disk/sweep"; }
code() { local status=0; "$@" || status=$?; echo "$status"; }

expect "a full disk ends the sweep with code 6" test "$(code sweep)" = 6
expect "and says so" grep -q "No space left on device" "$work/err"
expect "some runs were finished" grep -q Succeeded "$work/disk/sweep/sweep.log"
expect "what was written is whole" records_are_whole
expect "no temporary file stays" test -z "$(find "$work/disk" -name '*.tmp')"
mount -o remount,ro "$work/disk"
expect "a read-only folder is refused" test "$(code sweep)" = 6
expect "before anything runs" grep -q "Nothing was run" "$work/err"
mount -o remount,rw,size=20m "$work/disk"
expect "with room it goes on to its end" test "$(code sweep)" = 0
expect "and runs nothing twice" ended_once "$work/disk/sweep"
echo "Ran $count tests"
