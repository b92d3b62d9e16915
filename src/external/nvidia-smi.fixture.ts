/** A stand-in for nvidia-smi: tells what a test writes, and notes what it was asked. */
import { mkdirSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export interface FakeNvidiaSmi {
  /** For PATH, before all else. */
  readonly folder: string;
  /** Processes on the cards from now on; those that are gone are left out, as by the driver. */
  setProcesses(processes: readonly { readonly pid: number; readonly usedMib: number }[]): void;
  /** Replaces the program: the lines of a shell script. */
  setScript(script: string): void;
  remove(): void;
  /** Its arguments, a call each. */
  calls(): readonly string[];
}

export function writeFakeNvidiaSmi(parent: string): FakeNvidiaSmi {
  const folder = join(parent, 'fake-nvidia-smi');
  mkdirSync(folder);
  const program = join(folder, 'nvidia-smi');
  const apps = join(folder, 'apps');
  const calls = join(folder, 'calls');
  const setScript = (script: string): void => {
    writeFileSync(program, `#!/bin/sh\necho "$*" >> '${calls}'\n${script}\n`, { mode: 0o700 });
  };
  setScript(
    `while IFS=, read -r pid mib; do [ -d /proc/$pid ] && ! grep -q ') Z' /proc/$pid/stat && echo "$pid,$mib"; done < '${apps}'; true`,
  );
  writeFileSync(apps, '');
  return {
    folder,
    setProcesses: (processes) => {
      writeFileSync(apps, processes.map(({ pid, usedMib }) => `${pid}, ${usedMib}\n`).join(''));
    },
    setScript,
    remove: () => {
      rmSync(program);
    },
    calls: () => (existsSync(calls) ? readFileSync(calls, 'utf8').trimEnd().split('\n') : []),
  };
}
