#!/usr/bin/env bash
# Time to ready, to the first result, of warm cells and of 100,000 prints: the C# kernel and ipykernel, by turns.
# Needs ipykernel for the system's Python, e.g. on Debian: apt install python3-ipykernel
# Usage: benchmarks/kernel-startup.sh [rounds] [python]
set -euo pipefail
cd "$(dirname "$0")/.."
rounds=${1:-5} python=${2:-/usr/bin/python3}
dotnet build src/Cli -c Release -v q --nologo
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
dotnet src/Cli/bin/Release/net10.0/Lab.Cli.dll kernel install --prefix "$folder"
echo "$(nproc) cores, load $(cut -d' ' -f1 /proc/loadavg), ipykernel $("$python" -c 'import ipykernel; print(ipykernel.__version__)')"
JUPYTER_PATH="$folder/share/jupyter" XDG_DATA_HOME="$folder/data" "$python" benchmarks/kernel_startup.py "$rounds"
