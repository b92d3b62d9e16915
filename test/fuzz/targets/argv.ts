/** Command lines that start nothing, and the words that the tools get. */
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createProgram, runCli } from '../../../src/cli/main.js';
import { exitCodes, type CliIo } from '../../../src/cli/verb.js';
import { fine, violation, type Fuzzer, type Verdict } from '../fuzzer.js';
import { oddText } from '../mutate-text.js';
import { createScratch } from '../scratch.js';
import type { SeededRandom } from '../seeded-random.js';
import { createLedgerModel } from './ledger-model.js';
import { shippedSweeps } from './sweep-texts.js';
import { checkToolCase, makeToolCase, type ToolCase } from './tool-words.js';
import { watchOutside } from './watched-outside.js';

type ArgvCase = { readonly words: readonly string[] } | ToolCase;

/** They read, or write where they are told to. All others get a flag that does not exist. */
const quiet = [
  'init',
  'check',
  'schema',
  'ls',
  'status',
  'trials',
  'show',
  'best',
  'compare',
  'help',
];
const noSuchFlag = '--no-such-flag-at-all';
const usages = Object.values(exitCodes) as readonly number[];

export async function createArgvFuzzer(): Promise<Fuzzer<ArgvCase>> {
  const scratch = createScratch();
  const root = join(scratch, 'root');
  const cwd = join(root, 'home', 'me', 'work');
  mkdirSync(join(cwd, 'results'), { recursive: true });
  const model = await createLedgerModel(scratch, 8);
  for (const [name, bytes] of Object.entries(model.atRest))
    writeFileSync(join(cwd, 'results', name), bytes);
  writeFileSync(join(cwd, 'sweep.yaml'), shippedSweeps[0] ?? '');
  writeFileSync(join(cwd, 'broken.yaml'), 'version: [');
  const verbs = createProgram(silent(cwd)).commands.map((verb) => verb.name());
  const flags = createProgram(silent(cwd)).commands.flatMap((verb) =>
    verb.options.flatMap(({ long, short }) => [long, short].filter((flag) => flag != null)),
  );
  const outside = watchOutside(root);
  const shared = readdirSync(scratch).join();
  return {
    make: (random) =>
      random.chance(0.4) ? makeToolCase(random) : { words: makeWords(random, verbs, flags) },
    check: async (input) => {
      if (!('words' in input)) return checkToolCase(input);
      const { words } = input;
      const { result, seen } = await outside.during(() => checkWords(words, cwd));
      if (seen.length > 0) return violation('escape', seen.join('; '));
      if (readdirSync(scratch).join() !== shared)
        return violation('escape', 'a file beside its folder');
      return result;
    },
    write: (input) => JSON.stringify(input, undefined, 1),
    *smaller(input) {
      if (!('words' in input)) return;
      for (const [at] of input.words.entries())
        if (at > 0) yield { words: input.words.filter((_, index) => index !== at) };
    },
  };
}

function silent(cwd: string): CliIo {
  const nothing = (): void => undefined;
  return {
    ...{ out: nothing, err: nothing, setExitCode: nothing },
    ...{ env: {}, cwd, isTty: false, columns: 100, hasColor: false },
  };
}

function makeWords(
  random: SeededRandom,
  verbs: readonly string[],
  flags: readonly string[],
): string[] {
  const values: readonly string[] = [
    ...[
      'sweep.yaml',
      'broken.yaml',
      'none.yaml',
      '.',
      '..',
      '',
      '-',
      '--',
      '@last',
      'demo',
      'demo#7',
    ],
    ...[
      'demo#best',
      'demo#b2',
      'demo#',
      '#',
      '#7',
      'base',
      'uniform',
      'results',
      './results',
      'out',
    ],
    ...[
      '../x',
      'a/b/c',
      '/dev/null',
      '/dev/full',
      '0',
      '-1',
      '1e9',
      'NaN',
      '7',
      'search',
      'complete',
    ],
    ...['tiny-cpu', 'x'.repeat(300), 'json', '--json', '--results', '-h', '--help', '-V'],
  ];
  const word = (): string => {
    // The system ends an argument at a NUL: no process is ever given one.
    if (random.chance(0.15)) return oddText(random).replaceAll('\0', '');
    if (random.chance(0.35)) {
      const flag = random.pick(flags);
      return random.chance(0.3) ? `${flag}=${random.pick(values)}` : flag;
    }
    return random.pick(values);
  };
  const verb = random.chance(0.92) ? random.pick([...quiet, ...quiet, ...verbs]) : word();
  const words = Array.from({ length: random.integer(7) }, word);
  // Safe whatever follows: a path outside would be the user's own wish.
  const inside = words.map((each) => (/^(-[^=]*=)?\/(?!dev\/)/.test(each) ? 'x' : each));
  return quiet.includes(verb) ? [verb, ...inside] : [verb, noSuchFlag, ...inside];
}

async function checkWords(words: readonly string[], cwd: string): Promise<Verdict> {
  let [out, err] = ['', ''];
  let code: number = exitCodes.ok;
  const io: CliIo = {
    ...silent(cwd),
    env: { HOME: join(cwd, '..') },
    out: (text) => (out += text),
    err: (text) => (err += text),
    setExitCode: (given) => (code = given),
  };
  await runCli(words, io, createProgram(io));
  const shown = `${JSON.stringify(words)} → ${code}\n${err.slice(0, 1500)}`;
  if (!usages.includes(code)) return violation('nonsense', `an exit code of its own: ${shown}`);
  if (err.includes('error unexpected')) return violation('crash', shown);
  if (code !== exitCodes.ok && err === '' && out === '')
    return violation('nonsense', `failed without a word: ${shown}`);
  if (words.includes('--json') && out.startsWith('{')) {
    try {
      JSON.parse(out);
    } catch {
      return violation('nonsense', `no JSON: ${shown}\n${out.slice(0, 500)}`);
    }
  }
  return fine(`exit ${code}`);
}
