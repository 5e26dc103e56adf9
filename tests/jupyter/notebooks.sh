#!/usr/bin/env bash
# Runs every notebook in the quick profile through nbconvert and the kernel that is built here.
# Not in CI: each takes about as long as in the .NET tests, which run the same cells in the same profile through the same
# session; what only this checks, jupyter_client's way to the kernel, run.sh checks in seconds.
# Usage: tests/jupyter/notebooks.sh [notebook ...]
set -euo pipefail
source "$(dirname "$0")/kernel.sh" nbconvert python3-nbconvert
"$python" tests/jupyter/notebooks.py "$@"
