#!/usr/bin/env bash
# Front ends in a headless Chromium without a network: a slider of #!params in JupyterLab's notebook and widget manager is
# moved by the mouse and the chart under it follows, and one changes a token of a picture; the classic Notebook tells which cell it runs. The server is the classic
# Notebook's; the page for JupyterLab holds its packages without the shell around them.
# Not in CI: it fetches npm packages.
# Needs node, npm, Chromium, and Debian's jupyter-notebook, which is installed where it is missing and may be.
# Usage: tests/jupyter/browser.sh [folder for the screenshots]
set -euo pipefail
pictures=$(realpath -m "${1:-out/browser}")
mkdir -p "$pictures"
source "$(dirname "$0")/kernel.sh" notebook jupyter-notebook
mkdir "$folder/client" "$folder/static" "$folder/notebooks"
cp tests/jupyter/lab-page.mjs tests/jupyter/browser.mjs "$folder/client/"
cat > "$folder/notebooks/slider.ipynb" << 'NOTEBOOK'
{"cells": [
  {"cell_type": "code", "id": "a", "execution_count": null, "metadata": {}, "outputs": [], "source": [
    "#!params\n",
    "double temperature = 1.0; // 0.1..4: of the softmax\n",
    "int options = 8; // 2..12: how many there are"]},
  {"cell_type": "code", "id": "b", "execution_count": null, "metadata": {}, "outputs": [], "source": [
    "Live.Show(() =>\n",
    "{\n",
    "    double[] place = [.. Enumerable.Range(0, options)], weight = [.. place.Select(i => Math.Exp(-i / temperature))];\n",
    "    return Charts.Lines([new Series(\"softmax\", place, [.. weight.Select(w => w / weight.Sum())])], \"option\", \"probability\", $\"temperature {temperature:0.00}\");\n",
    "});"]}],
 "metadata": {"kernelspec": {"display_name": "C# (Lab)", "language": "csharp", "name": "lab-csharp"}}, "nbformat": 4, "nbformat_minor": 5}
NOTEBOOK
cat > "$folder/notebooks/token.ipynb" << 'NOTEBOOK'
{"cells": [
  {"cell_type": "code", "id": "a", "execution_count": null, "metadata": {}, "outputs": [], "source": [
    "#!params\n",
    "int code = 0;      // 0..255: what the token becomes\n",
    "int position = 27; // 0..63: the token, in raster order"]},
  {"cell_type": "code", "id": "b", "execution_count": null, "metadata": {}, "outputs": [], "source": [
    "using Lab.ImageTokenizers;\n",
    "using Lab.Papers.Fqgan;\n",
    "var tiny = FqganExperiment.Quick with { Arms = [FqganArm.Dual], Recipe = new(Steps: 60, BatchSize: 32), FeatureSteps = (20, 20) };\n",
    "var data = tiny.LoadData();\n",
    "var (perceptual, metric) = FeatureNets.Both(data, tiny.FeatureSteps);\n",
    "var tokenizers = tiny.RunTokenizers(data, perceptual.Network, metric.Network, [0]);"]},
  {"cell_type": "code", "id": "c", "execution_count": null, "metadata": {}, "outputs": [], "source": [
    "Live.Show(() => FqganFigures.Edit(tokenizers.Runs[0], data.Images.Test.Images[3], position, book: 0, code));"]}],
 "metadata": {"kernelspec": {"display_name": "C# (Lab)", "language": "csharp", "name": "lab-csharp"}}, "nbformat": 4, "nbformat_minor": 5}
NOTEBOOK
cat > "$folder/notebooks/cells.ipynb" << 'NOTEBOOK'
{"cells": [{"cell_type": "code", "execution_count": null, "metadata": {}, "outputs": [], "source": ["Notebook.Current.CellId"]}],
 "metadata": {"kernelspec": {"display_name": "C# (Lab)", "language": "csharp", "name": "lab-csharp"}}, "nbformat": 4, "nbformat_minor": 4}
NOTEBOOK
cd "$folder/client"
npm init -y > /dev/null
npm install --silent --no-fund --no-audit --legacy-peer-deps @jupyterlab/notebook@4.6.6 @jupyterlab/docmanager@4.6.6 @jupyterlab/docregistry@4.6.6 \
  @jupyterlab/codemirror@4.6.6 @jupyterlab/rendermime@4.6.6 @jupyterlab/javascript-extension@4.6.4 @jupyterlab/theme-light-extension@4.6.4 @jupyterlab/services@7.6.6 \
  @jupyter-widgets/jupyterlab-manager@5.0.16 @jupyter-widgets/controls@5.0.13 path-browserify@1.0.1 esbuild@0.28.2 puppeteer-core@24.43.1 > /dev/null
node browser.mjs bundle "$folder/static"

serve "$folder/notebooks" --NotebookApp.extra_static_paths="['$folder/static']"
node browser.mjs "$address/" lab "$pictures" || { status=$?; cat "$folder/server.log" >&2; exit $status; }
echo "Screenshots: $pictures"
