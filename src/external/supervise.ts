/**
 * Runs `$@` in the process group that this shell leads. It holds the read end of a pipe whose other
 * end is ours: when we die, even by kill -9, the watcher reads the end of it and kills the group,
 * grandchildren and all.
 *
 * TERM is for the program: the shell catches it (a caught signal is back at its default in the
 * program, an ignored one is not) and goes on waiting; the watcher ignores it. After the program's
 * end the watcher stays: the caller kills the group, and if the caller is dead, the watcher does.
 */
const script = `
trap : TERM INT HUP
exec 3<&0 </dev/null
( trap '' TERM INT HUP; exec >/dev/null 2>&1; read -r _ <&3; kill -KILL 0 ) &
"$@" 3<&- &
child=$!
exec 3<&- >/dev/null 2>&1
while :; do
  wait "$child"; code=$?
  kill -0 "$child" 2>/dev/null || exit "$code"
done`;

/** argv of `command` under the supervisor; spawn it detached with a pipe as stdin. */
export function supervised(command: string, args: readonly string[]): [string, string[]] {
  return ['/bin/sh', ['-c', script, 'mergesweep-supervisor', command, ...args]];
}

/** A shell reports a signal as 128 + its number. */
export function signalOfExitCode(code: number | undefined): string | undefined {
  const names: Readonly<Record<number, string>> = {
    129: 'SIGHUP',
    130: 'SIGINT',
    132: 'SIGILL',
    134: 'SIGABRT',
    135: 'SIGBUS',
    136: 'SIGFPE',
    137: 'SIGKILL',
    139: 'SIGSEGV',
    143: 'SIGTERM',
  };
  return code === undefined ? undefined : names[code];
}
