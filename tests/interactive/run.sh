#!/usr/bin/env bash
# Loads the packed Lab.Extensions into .NET Interactive itself, over the channel that its editor used, and runs cells there.
# Not in CI: it fetches the tool from NuGet. Needs the .NET SDK and Python 3.
# Usage: tests/interactive/run.sh
set -euo pipefail
cd "$(dirname "$0")/../.."
version=0.1.0-check.$(date +%s) # one that no cache holds
folder=$(mktemp -d)
cache=${NUGET_PACKAGES:-$HOME/.nuget/packages}
trap 'rm -rf "$folder" "$cache"/lab{,.abstractions,.extensions}/"$version"' EXIT
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_INTERACTIVE_CLI_TELEMETRY_OPTOUT=1 DOTNET_INTERACTIVE_SKIP_FIRST_TIME_EXPERIENCE=1
for project in Abstractions Lab Extensions; do dotnet pack "src/$project" -c Release -p:Version="$version" -o "$folder/packages" -v quiet --nologo; done
dotnet tool install Microsoft.dotnet-interactive --version 1.0.712001 --tool-path "$folder/tools" > /dev/null # the last one
cd "$folder"
DOTNET_ROLL_FORWARD=LatestMajor python3 "$OLDPWD/tests/interactive/cells.py" "$folder/tools/dotnet-interactive" "$folder/packages" "$version"
