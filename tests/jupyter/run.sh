#!/usr/bin/env bash
# Installs the kernel into a folder of its own and tests it as jupyter_client sees it.
# Needs Debian's python3-jupyter-kernel-test, which is installed where it is missing and may be.
# Usage: tests/jupyter/run.sh [test ...]
set -euo pipefail
source "$(dirname "$0")/kernel.sh" jupyter_kernel_test python3-jupyter-kernel-test
"$python" tests/jupyter/kernel_conformance.py "$@"
