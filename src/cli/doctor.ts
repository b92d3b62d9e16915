import type { Command } from 'commander';
import pc from 'picocolors';
import { readConfig } from '../config.js';
import { renderTable } from '../report/table.js';
import { addExamples } from './help-text.js';
import { resultsDirOf, addReadingOptions, writeJson, type ReadingOptions } from './reading-verb.js';
import { exitCodes, type CliIo } from './verb.js';
import type { DoctorCheck, Finding } from './doctor-checks.js';

/** The checks of `doctor`; tests pass their own. */
export type LoadDoctorChecks = () => Promise<readonly DoctorCheck[]>;

export const loadDoctorChecks: LoadDoctorChecks = async () =>
  (await import('./doctor-checks.js')).doctorChecks;

/** `doctor`: what is there, what is missing, and how to get it. Changes nothing. */
export function registerDoctor(
  program: Command,
  io: CliIo,
  loadChecks: LoadDoctorChecks = loadDoctorChecks,
): void {
  const command = program
    .command('doctor')
    .summary('say what is missing on this machine and how to get it')
    .description('Checks what sweeps need on this machine. Exits with 3 when something is missing.')
    .action(async (options: ReadingOptions) => {
      const setting = {
        config: readConfig({ results: options.results }, io.env, io.cwd),
        resultsDir: resultsDirOf(options, io),
        env: io.env,
      };
      const findings = await Promise.all(
        (await loadChecks()).map(async ({ name, run }): Promise<Finding & { name: string }> => {
          try {
            return { name, ...(await run(setting)) };
          } catch (error) {
            // A check that breaks is a finding too, never the end of the others.
            const text = error instanceof Error ? error.message : String(error);
            return { name, status: 'missing', text };
          }
        }),
      );
      const isFine = findings.every(({ status }) => status !== 'missing');
      if (options.json === true) writeJson(io, { ok: isFine, checks: findings });
      else io.out(renderFindings(findings, io.hasColor));
      if (!isFine) io.setExitCode(exitCodes.preflight);
    });
  addReadingOptions(
    command,
    '"ok", "checks": [{name, status: "ok" | "warning" | "missing", text, fix}]',
  );
  addExamples(command, [
    ['doctor', 'before the first sweep'],
    ['doctor --json | jq .ok', 'for a script'],
  ]);
}

const marks = { ok: '✓', warning: '!', missing: '✗' } as const;

function renderFindings(
  findings: readonly (Finding & { name: string })[],
  hasColor: boolean,
): string {
  const paint = pc.createColors(hasColor);
  const color = { ok: paint.green, warning: paint.yellow, missing: paint.red };
  const table = renderTable(
    [{ header: [] }, { header: [] }, { header: [] }],
    findings.map(({ name, status, text }) => [marks[status], name, text]),
  );
  const lines = findings.flatMap(({ status, fix }, index) => {
    const line = table[index] ?? '';
    return [
      color[status](line.slice(0, 1)) + line.slice(1),
      ...(fix === undefined ? [] : [`   → ${fix}`]),
    ];
  });
  const missing = findings.filter(({ status }) => status === 'missing').length;
  const end =
    missing === 0
      ? 'Nothing needed is missing.  Next: npx mergesweep demo'
      : `${missing} needed ${missing === 1 ? 'thing is' : 'things are'} missing.`;
  return `${[...lines, '', end].join('\n')}\n`;
}
