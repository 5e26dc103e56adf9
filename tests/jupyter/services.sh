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

port=$("$python" -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
address=http://127.0.0.1:$port
"$python" -m notebook --no-browser --allow-root --ip=127.0.0.1 --port="$port" --port-retries=0 --NotebookApp.token=lab --notebook-dir="$PWD" > "$folder/server.log" 2>&1 &
server=$!
trap 'kill $server; wait $server 2> /dev/null || true; rm -rf "$folder"' EXIT
for _ in $(seq 600); do
  curl -s "$address/api?token=lab" > /dev/null && break
  kill -0 $server 2> /dev/null || { cat "$folder/server.log" >&2; exit 1; }
  sleep 0.1
done
node "$folder/client/services.mjs" "$address/" lab || { status=$?; cat "$folder/server.log" >&2; exit $status; }
