#!/usr/bin/env bash
# Time to ready, to the first result, of warm cells and of 100,000 prints: the C# kernel and ipykernel, by turns.
# Needs ipykernel for the system's Python, e.g. on Debian: apt install python3-ipykernel
# Usage: benchmarks/kernel-startup.sh [rounds] [python]
set -euo pipefail
cd "$(dirname "$0")/.."
rounds=${1:-5} python=${2:-/usr/bin/python3}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
platform=$(dotnet --info | awk '/^ *RID:/ { print $2; exit }')
dotnet publish src/Cli -c Release -r "$platform" --self-contained false -o "$folder/lab" -v q --nologo
"$folder/lab/Lab.Cli" kernel install --prefix "$folder"
echo "$(nproc) cores, load $(cut -d' ' -f1 /proc/loadavg), ipykernel $("$python" -c 'import ipykernel; print(ipykernel.__version__)')"
JUPYTER_PATH="$folder/share/jupyter" XDG_DATA_HOME="$folder/data" "$python" benchmarks/kernel_startup.py "$rounds"
