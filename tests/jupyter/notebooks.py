"""Runs the repository's notebooks in the quick profile as nbconvert does, through the installed kernel.

Run by notebooks.sh. Usage: notebooks.py [notebook ...]
"""
import pathlib
import subprocess
import sys
import tempfile
import time

import nbformat

KERNEL = "lab-csharp"
PATIENCE = 1200  # seconds for a cell


def run(path, folder):
    executed = pathlib.Path(folder, path.name)
    begin = time.monotonic()
    subprocess.run([sys.executable, "-m", "nbconvert", "--to", "notebook", "--execute", f"--ExecutePreprocessor.kernel_name={KERNEL}",
                    f"--ExecutePreprocessor.timeout={PATIENCE}", "--output-dir", folder, "--log-level", "ERROR", str(path)], check=True)
    notebook = nbformat.read(executed, as_version=4)
    nbformat.validate(notebook)
    cells = [cell for cell in notebook.cells if cell.cell_type == "code" and cell.source.strip()]
    silent = [cell.source for cell in cells if cell.execution_count is None]
    if silent:
        raise RuntimeError(f"{path}: not run: {silent}")
    outputs = [output for cell in cells for output in cell.outputs]
    bare = [output.data.keys() for output in outputs if "data" in output and "text/plain" not in output.data]
    if bare:
        raise RuntimeError(f"{path}: outputs without plain text: {bare}")
    print(f"{path}: {len(cells)} cells, {len(outputs)} outputs, {time.monotonic() - begin:.0f} s", flush=True)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        for path in sys.argv[1:] or sorted(str(p) for p in pathlib.Path("notebooks").rglob("*.ipynb")):
            run(pathlib.Path(path), folder)
