#!/usr/bin/env bash
# A Slurm of one node on this machine, for this user, in a folder of its own: daemons, keys, logs and state.
# Needs Debian's slurm-wlm and munge, which are installed where they are missing and may be.
# Usage: source tests/sweep/cluster.sh   (starts it, sets SLURM_CONF, stops it when the shell ends)
#        tests/sweep/cluster.sh command  (runs a command with it)
set -euo pipefail

if ! command -v slurmctld munged > /dev/null; then
  [ "$(id -u)" = 0 ] && command -v apt-get > /dev/null || { echo "Slurm is missing: install slurm-wlm and munge." >&2; exit 1; }
  { apt-get update && apt-get install -y --no-install-recommends slurm-wlm munge; } > /dev/null
fi

slurm_folder=$(mktemp -d) slurm_user=$(id -un) slurm_host=$(hostname -s)
mkdir "$slurm_folder"/{state,spool}
free_port() { python3 -c 'import socket; s = socket.socket(); s.bind(("", 0)); print(s.getsockname()[1])'; }

head -c 128 /dev/urandom > "$slurm_folder/munge.key" && chmod 600 "$slurm_folder/munge.key"
munged --force --key-file="$slurm_folder/munge.key" --socket="$slurm_folder/munge.socket" --pid-file="$slurm_folder/munge.pid" --log-file="$slurm_folder/munge.log" --seed-file="$slurm_folder/munge.seed"

cat > "$slurm_folder/slurm.conf" <<CONF
ClusterName=lab
SlurmctldHost=$slurm_host(127.0.0.1)
SlurmUser=$slurm_user
SlurmdUser=$slurm_user
AuthType=auth/munge
AuthInfo=socket=$slurm_folder/munge.socket
CryptoType=crypto/munge
SlurmctldPort=$(free_port)
SlurmdPort=$(free_port)
StateSaveLocation=$slurm_folder/state
SlurmdSpoolDir=$slurm_folder/spool
SlurmctldPidFile=$slurm_folder/slurmctld.pid
SlurmdPidFile=$slurm_folder/slurmd.pid
SlurmctldLogFile=$slurm_folder/slurmctld.log
SlurmdLogFile=$slurm_folder/slurmd.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
GresTypes=gpu
ReturnToService=2
KillWait=10
SchedulerParameters=batch_sched_delay=0,sched_min_interval=0
NodeName=$slurm_host NodeAddr=127.0.0.1 CPUs=$(nproc) Gres=gpu:2 State=UNKNOWN
PartitionName=lab Nodes=ALL Default=YES MaxTime=INFINITE State=UP
CONF
printf 'Name=gpu File=/dev/%s\n' null zero > "$slurm_folder/gres.conf" # two devices that stand for GPUs
export SLURM_CONF=$slurm_folder/slurm.conf

stop_slurm() {
  local daemon pid
  for daemon in slurmd slurmctld munge; do
    pid=$(cat "$slurm_folder/$daemon.pid" 2> /dev/null) || continue
    kill "$pid" && while kill -0 "$pid" 2> /dev/null; do sleep 0.1; done
  done
  rm -rf "$slurm_folder"
}
trap stop_slurm EXIT

slurmctld -f "$SLURM_CONF"
slurmd -f "$SLURM_CONF" -N "$slurm_host"
for _ in $(seq 60); do [ "$(sinfo --noheader --format=%T 2> /dev/null)" = idle ] && break; sleep 0.5; done
[ "$(sinfo --noheader --format=%T)" = idle ] || { cat "$slurm_folder"/*.log >&2; exit 1; }

[ "${BASH_SOURCE[0]}" != "$0" ] || "$@"
