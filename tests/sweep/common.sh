# Two small notebooks and the lab command, for the tests of sweeps.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
work=$(mktemp -d)
export LAB_RUNS=$work/runs.db
program=$root/src/Cli/bin/Release/net10.0/Lab.Cli.dll
[ -e "$program" ] || dotnet build "$root/src/Cli" -c Release -v q --nologo
lab() { dotnet "$program" "$@"; }

notebook() { # notebook NAME [MEASURE], a C# expression as it stands in JSON
  local measure=${2:-10 * lr + seed}
  cat > "$work/$1.ipynb" << NOTEBOOK
{"nbformat": 4, "nbformat_minor": 5, "metadata": {"kernelspec": {"name": "lab-csharp"}}, "cells": [
 {"cell_type": "code", "id": "c1", "execution_count": null, "metadata": {"tags": ["parameters"]}, "outputs": [], "source": "int seed = 0; // 0..9\ndouble lr = 0.1; // 0..1\nint pause = 0; // 0..60"},
 {"cell_type": "code", "id": "c2", "execution_count": null, "metadata": {}, "outputs": [], "source": "await Task.Delay(1000 * pause, Notebook.Current.Cancellation);"},
 {"cell_type": "code", "id": "c3", "execution_count": null, "metadata": {}, "outputs": [], "source": "new Claims(\"$1\", [new Claim(\"it learns\", \"90 %\", [$measure], \"points\") { Required = 1 }])"}]}
NOTEBOOK
}

notebook toy
notebook doll

count=0
expect() { # expect WORDS COMMAND...
  local words=$1; shift
  "$@" || { echo "FAILED (failures=1): $words"; exit 1; }
  count=$((count + 1)) && echo "ok: $words"
}

# The table without what differs from one execution to the next.
table() { python3 -c 'import csv, sys; rows = list(csv.DictReader(open(sys.argv[1] + "/runs.csv"))); [print(*[row[name] for name in row if name not in ("seconds", "started", "commit", "devices")]) for row in rows]' "$1"; cat "$1/measures.csv"; }
ended_once() { python3 -c 'import json, sys; log = open(sys.argv[1] + "/sweep.log").read().splitlines(); runs = json.load(open(sys.argv[1] + "/sweep.json"))["runs"]; sys.exit(any(sum(line.endswith("end " + run["folder"] + " Succeeded") for line in log) != 1 for run in runs))' "$1"; }
until_true() { for _ in $(seq 600); do "$@" && return; sleep 0.2; done; echo "It never came to that: $*" >&2; return 1; }
