#!/usr/bin/env bash
# Installs the kernel into a folder of its own and tests it as jupyter_client sees it.
# Needs Debian's python3-jupyter-kernel-test, which is installed where it is missing and may be.
# Usage: tests/jupyter/run.sh [test ...]
set -euo pipefail
cd "$(dirname "$0")/../.."
python=${PYTHON:-/usr/bin/python3}

if ! "$python" -c 'import jupyter_kernel_test' 2> /dev/null; then
  if [ "$(id -u)" != 0 ] || ! command -v apt-get > /dev/null; then
    echo "$python lacks jupyter_kernel_test: install python3-jupyter-kernel-test, or set PYTHON." >&2
    exit 1
  fi
  apt-get install -y -qq python3-jupyter-kernel-test > /dev/null || { apt-get update -qq && apt-get install -y -qq python3-jupyter-kernel-test > /dev/null; }
fi

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
dotnet build src/Cli -c Release -v quiet --nologo
src/Cli/bin/Release/net10.0/Lab.Cli kernel install --prefix "$folder"
JUPYTER_PATH="$folder/share/jupyter" XDG_DATA_HOME="$folder/data" "$python" tests/jupyter/kernel_conformance.py "$@"
