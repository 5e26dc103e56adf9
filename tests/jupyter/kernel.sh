# Sourced with a Python module and the Debian package that has it: goes to the repository, sees that the module is there,
# and installs the kernel, freshly built, into a folder of its own that goes with the shell.
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
python=${PYTHON:-/usr/bin/python3}

if ! "$python" -c "import $1" 2> /dev/null; then
  if [ "$(id -u)" != 0 ] || ! command -v apt-get > /dev/null; then
    echo "$python lacks $1: install $2, or set PYTHON." >&2
    exit 1
  fi
  apt-get install -y -qq "$2" > /dev/null || { apt-get update -qq && apt-get install -y -qq "$2" > /dev/null; }
fi

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
dotnet build src/Cli -c Release -v quiet --nologo
src/Cli/bin/Release/net10.0/Lab.Cli kernel install --prefix "$folder"
export JUPYTER_PATH=$folder/share/jupyter XDG_DATA_HOME=$folder/data
