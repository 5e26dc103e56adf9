#!/usr/bin/env bash
# JupyterLab's own client library against a Jupyter server with the kernel: starts it, runs cells of a notebook, completes,
# inspects, interrupts, restarts. Not in CI: it fetches npm packages.
# Needs node and npm, and Debian's jupyter-notebook, which is installed where it is missing and may be.
# Usage: tests/jupyter/services.sh
set -euo pipefail
source "$(dirname "$0")/kernel.sh" notebook jupyter-notebook
mkdir "$folder/client"
cp tests/jupyter/services.mjs "$folder/client/"
(cd "$folder/client" && npm init -y > /dev/null && npm install --silent --no-fund --no-audit @jupyterlab/services@7.6.6 ws@8.23.0 > /dev/null)

serve "$PWD"
node "$folder/client/services.mjs" "$address/" lab || { status=$?; cat "$folder/server.log" >&2; exit $status; }
