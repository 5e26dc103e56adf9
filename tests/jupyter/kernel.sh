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

# Starts a Jupyter server whose token is "lab" and waits until it answers; sets address. It ends with the shell.
# Usage: serve <folder of notebooks> [more options]
serve() {
  local port server
  port=$("$python" -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
  address=http://127.0.0.1:$port
  "$python" -m notebook --no-browser --allow-root --ip=127.0.0.1 --port="$port" --port-retries=0 --NotebookApp.token=lab --notebook-dir="$1" "${@:2}" > "$folder/server.log" 2>&1 &
  server=$!
  trap "kill $server; wait $server 2> /dev/null || true; rm -rf '$folder'" EXIT
  for _ in $(seq 600); do
    curl -s "$address/api?token=lab" > /dev/null && return
    kill -0 $server 2> /dev/null || break
    sleep 0.1
  done
  cat "$folder/server.log" >&2
  return 1
}
