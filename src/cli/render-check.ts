/** The report of `check` as a person reads it: a line per matter, reasons and ways out below it. */
import type { createColors } from 'picocolors';
import type { CheckReport } from '../client/check-sweep.js';
import type { CheckpointFacts } from '../preflight/checkpoint-facts.js';
import type { Finding } from '../preflight/finding.js';
import { renderCostPlan } from './render-plan.js';
import { renderMemory } from './render-memory.js';
import { formatDiagnostics } from './sweep-file.js';

type Colors = ReturnType<typeof createColors>;

/**
 * @param file as the user typed it
 * @param flags what `run` has to be told as `check` was, e.g. ` --allow-task-code`
 */
export function renderCheckReport(
  report: CheckReport,
  file: string,
  exitCode: number,
  colors: Colors,
  flags = '',
): string {
  const lines = [formatDiagnostics(report.diagnostics, file).trimEnd()];
  const { spec, plan } = report;
  const matters = [...report.diagnostics, ...report.findings];
  const errors = matters.filter(({ severity }) => severity === 'error').length;
  const warnings = matters.filter(({ severity }) => severity === 'warning').length;
  if (spec !== undefined && plan !== undefined) {
    const { genome, tasks } = spec.file;
    const mark = report.diagnostics.length === 0 ? colors.green('✓') : colors.yellow('!');
    lines.push(
      row(
        mark,
        'file',
        `${spec.name}: ${genome.merge_method}, ${count(plan.dimensions.length, 'number')} to find (${groupDimensions(plan.dimensions)})`,
      ),
    );
    if (report.checked.length > 0)
      lines.push(
        row(
          colors.green('✓'),
          'models',
          `${report.checked.length} of ${spec.parents.length + 1} read: ${describeModel(report.checked)}`,
        ),
      );
    lines.push(...report.findings.flatMap((finding) => renderFinding(finding, colors)));
    lines.push(
      row(
        colors.green('✓'),
        'tasks',
        `search: ${names(tasks.search)} · confirm: ${names(tasks.confirm) || 'none'}`,
      ),
    );
    const confirm =
      plan.confirmations === 0 ? '' : `, then ${plan.confirmations} on the confirm split`;
    lines.push(
      row(
        ' ',
        'plan',
        `${plan.baselines} baselines + ${count(plan.searchTrials, 'trial')}${confirm}`,
      ),
      ...renderMemory(report.memory, colors),
      ...(report.cost === undefined ? [] : renderCostPlan(report.cost)).map(([head, text]) =>
        row(' ', head, text),
      ),
    );
  }
  const verdict =
    errors > 0 ? count(errors, 'error') : `${count(warnings, 'warning')}, refused by --strict`;
  lines.push(
    exitCode === 0
      ? `Next: npx mergesweep run ${file}${flags}`
      : `${colors.red('✗')} ${verdict}. Nothing was started.`,
  );
  return `${lines.filter((line) => line !== '').join('\n')}\n`;
}

const row = (mark: string, head: string, text: string): string =>
  `${mark} ${head.padEnd(11)} ${text}`;
const count = (n: number, noun: string): string => `${n} ${noun}${n === 1 ? '' : 's'}`;
const names = (tasks: readonly { readonly name: string }[]): string =>
  tasks.map(({ name }) => name).join(', ');

function renderFinding(
  { severity, code, subject, message, waysOut }: Finding,
  colors: Colors,
): string[] {
  const mark = { error: colors.red('✗'), warning: colors.yellow('!'), unchecked: colors.dim('?') }[
    severity
  ];
  return [row(mark, subject, `${code} ${message}`), ...waysOut.map((way) => `    → ${way}`)];
}

/** `3 × weight, 3 × density`. */
function groupDimensions(dimensions: readonly string[]): string {
  const groups = new Map<string, number>();
  for (const name of dimensions) {
    const parameter = name.split('.', 1)[0] ?? name;
    groups.set(parameter, (groups.get(parameter) ?? 0) + 1);
  }
  return [...groups].map(([parameter, n]) => `${n} × ${parameter}`).join(', ');
}

/** Of the first: where they differ, a finding says so. */
function describeModel(checked: readonly CheckpointFacts[]): string {
  const [first] = checked;
  if (first === undefined) return '';
  const { architecture, layers } = first.config;
  const numbers = Object.values(first.tensors).reduce(
    (sum, { shape }) => sum + shape.reduce((a, b) => a * b, 1),
    0,
  );
  return [
    architecture,
    layers === undefined ? undefined : count(layers, 'layer'),
    `${abbreviate(numbers)} parameters`,
  ]
    .filter((part) => part !== undefined)
    .join(', ');
}

function abbreviate(n: number): string {
  if (n >= 1e9) return `${(n / 1e9).toFixed(1)} B`;
  if (n >= 1e6) return `${(n / 1e6).toFixed(1)} M`;
  return n >= 1e3 ? `${Math.round(n / 1e3)} k` : String(n);
}
