#!/usr/bin/env bash
# Workers on several hosts by SSH:
#
#   deploy/ssh/workers.sh start gpu1 gpu2 -- --profile prod --preempt-command deploy/spot/aws.sh
#   deploy/ssh/workers.sh status gpu1 gpu2
#   deploy/ssh/workers.sh stop gpu1 gpu2
#
# start   copies this checkout to each host, sets it up, asks `mergesweep doctor`, starts one worker
# stop    SIGTERM: what runs is handed back and goes to other nodes; waits until the worker has ended
# drain   SIGINT: no more trials are taken, and the worker ends once what runs has ended; does not wait
# status  whether it runs, and the last lines of its log
#
# What follows `--` are flags of `mergesweep worker`. Settings and secrets of a host (TEMPORAL_ADDRESS,
# MERGESWEEP_PYTHON, HF_TOKEN, …) lie there in ~/.config/mergesweep/worker.env, lines NAME=VALUE, mode 0600;
# none goes over a command line.
#
# REMOTE_DIR: where the checkout goes; default: the path it has here, so that a sweep's paths into it
# (zoo, eval tasks) are the same everywhere.
set -euo pipefail

usage() {
  sed -n '2,18s/^# \{0,1\}//p' "$0" >&2
  exit 2
}

action=${1:-}
case $action in start | stop | drain | status) shift ;; *) usage ;; esac
hosts=()
while [ $# -gt 0 ] && [ "$1" != -- ]; do
  case $1 in -*) usage ;; esac
  hosts+=("$1")
  shift
done
[ ${#hosts[@]} -gt 0 ] || usage
[ $# -eq 0 ] || shift
checkout=$(cd "$(dirname "$0")/../.." && pwd)
remote_dir=${REMOTE_DIR:-$checkout}

copy() {
  ssh "$1" mkdir -p "$(printf %q "$remote_dir")"
  # Built on each host: native modules and Python environments don't travel.
  rsync -a --delete --exclude=.git --exclude=node_modules --exclude=dist --exclude=.venv \
    --exclude=.setup --exclude=results "$checkout/" "$1:$remote_dir/"
}

# The far side: argv is the action, the folder, and the worker's flags.
far_side() {
  ssh "$1" bash -s -- "$(printf '%q ' "$action" "$remote_dir" "${@:2}")" <<'FAR'
set -euo pipefail
action=$1 dir=$2
shift 2
cd "$dir"
state=${XDG_STATE_HOME:-$HOME/.local/state}/mergesweep
pid_file=$state/worker.pid log=$state/worker.log
umask 077
mkdir -p "$state"

worker_pid() {
  local pid
  pid=$(cat "$pid_file" 2>/dev/null) || return 1
  # A process id may be another's by now.
  tr '\0' ' ' 2>/dev/null <"/proc/$pid/cmdline" | grep -q 'mergesweep.js worker' && echo "$pid"
}

case $action in
  start)
    if pid=$(worker_pid); then
      echo "runs already, process $pid"
      exit 0
    fi
    if [ -f "$HOME/.config/mergesweep/worker.env" ]; then
      set -a
      . "$HOME/.config/mergesweep/worker.env"
      set +a
    fi
    if [ -f "$log" ]; then mv "$log" "$log.1"; fi
    npm run --silent setup >>"$log" 2>&1 || {
      echo "the set-up failed:" >&2
      tail -n 20 "$log" >&2
      exit 1
    }
    # Temporal's CLI is needed only where a server is started.
    TEMPORAL_ADDRESS=${TEMPORAL_ADDRESS:-by-flag-or-profile} \
      node bin/mergesweep.js doctor --results "$state/results" || exit
    # Its own session: the end of this connection must not reach it.
    setsid nohup node bin/mergesweep.js worker --results "$state/results" "$@" \
      </dev/null >>"$log" 2>&1 &
    pid=$!
    echo "$pid" >"$pid_file"
    for _ in $(seq 300); do
      if ! kill -0 "$pid" 2>/dev/null; then
        echo "the worker ended:" >&2
        tail -n 20 "$log" >&2
        exit 1
      fi
      if grep -q "^worker .* ready" "$log"; then
        tail -n 1 "$log"
        exit 0
      fi
      sleep 0.2
    done
    echo "process $pid is not ready after a minute; see $log" >&2
    exit 1
    ;;
  stop)
    pid=$(worker_pid) || {
      echo "no worker runs"
      exit 0
    }
    kill -TERM "$pid"
    for _ in $(seq 225); do
      worker_pid >/dev/null || {
        tail -n 1 "$log"
        exit 0
      }
      sleep 0.2
    done
    echo "process $pid still runs 45 s after SIGTERM; see $log" >&2
    exit 1
    ;;
  drain)
    pid=$(worker_pid) || {
      echo "no worker runs"
      exit 0
    }
    kill -INT "$pid"
    sleep 0.5
    tail -n 1 "$log"
    ;;
  status)
    if pid=$(worker_pid); then echo "runs, process $pid"; else echo "no worker runs"; fi
    tail -n 3 "$log" 2>/dev/null || true
    ;;
esac
FAR
}

on_host() {
  if [ "$action" = start ]; then copy "$1" || return; fi
  far_side "$@"
}

# All hosts at once, each line with its host; the exit code says whether all went well.
pids=()
for host in "${hosts[@]}"; do
  (on_host "$host" "$@" 2>&1 | sed "s/^/$host: /") &
  pids+=($!)
done
failed=0
for pid in "${pids[@]}"; do wait "$pid" || failed=1; done
exit $failed
