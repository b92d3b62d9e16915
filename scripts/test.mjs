#!/usr/bin/env node
/**
 * `npm test`: the set-up, then every suite; `npm run test:full` adds the slow ones;
 * `node scripts/test.mjs SUITE…` runs those alone. Ends with `N passed, N failed` over all.
 */
import { appendFileSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join, relative } from 'node:path';
import { parseArgs } from 'node:util';
import { orExit, root, setUp } from './setup.mjs';
import { countResults } from './test/count-results.mjs';
import { runCommand, stopAll } from './test/run-command.mjs';
import { listSlowTests, readSampleSeed, sampleSlowTests } from './test/slow-tests.mjs';
import { listSuites, testEnvironment } from './test/suites.mjs';

const reports = join(root, '.setup', 'test');
/** A failed command's log is shown to this many lines; all of it is in `.setup/test`. */
const shownLines = 120;
const silenceMs = 60_000;
const usage = `npm test; npm run test:full; node scripts/test.mjs [--full] [SUITE…]

Sets up, then runs check, unit, python, faults, workflow, e2e, chaos and a sample of slow; or those named.

  --full  all slow tests too`;

await orExit(async () => {
  const started = Date.now();
  const options = { full: { type: 'boolean' }, help: { type: 'boolean' } };
  const { values, positionals } = parseArgs({ options, allowPositionals: true });
  if (values.help) return console.log(usage);
  await setUpOrCount();
  const setupSeconds = secondsSince(started);
  rmSync(reports, { recursive: true, force: true });
  mkdirSync(reports, { recursive: true });
  stopOnSignal();
  const isAlive = setInterval(
    () => console.log(`… ${Math.round(secondsSince(started))} s`),
    silenceMs,
  );
  const results = await runPlan(positionals, values.full);
  clearInterval(isAlive);
  printTable([{ name: 'set-up', seconds: setupSeconds }, ...results], secondsSince(started));
  const passed = sum(results, 'passed');
  const failed = sum(results, 'failed');
  process.exitCode = failed === 0 && passed > 0 ? 0 : 1;
  console.log(`${passed} passed, ${failed} failed`);
});

/** The closing line is there whatever happens: a checkout that does not build is one failure. */
async function setUpOrCount() {
  try {
    await setUp({ dev: true });
  } catch (error) {
    process.on('exit', () => {
      console.log('0 passed, 1 failed');
    });
    throw error;
  }
}

async function runPlan(names, isFull) {
  const python = process.env.MERGESWEEP_PYTHON || join(root, '.venv', 'bin', 'python');
  const env = testEnvironment(process.env, python);
  const suites = listSuites({ root, reports, python });
  const run = (suite) => runSuite(suite, env);
  const unknown = names.filter((name) => !(name in suites));
  if (unknown.length > 0) {
    throw new Error(`no suite ${unknown.join(', ')}: expected ${Object.keys(suites).join(', ')}`);
  }
  if (names.length > 0) {
    const named = names.filter((name) => name !== 'slow').map((name) => suites[name]);
    const slow = names.includes('slow') ? await runSlow(suites, env, true) : [];
    return [...(await inTurn(named, run)), ...slow];
  }
  // Two lanes for two cores; what starts servers and models has the machine to itself.
  const lanes = await Promise.all([
    // These need one core and measure CPU time, not the clock.
    inTurn([suites.check, suites.faults], run),
    inTurn([suites.unit, suites.python], run),
  ]);
  const alone = await inTurn([suites.workflow, suites.e2e, suites.chaos], run);
  return [...lanes.flat(), ...alone, ...(await runSlow(suites, env, isFull))];
}

async function runSlow(suites, env, isFull) {
  const all = listSlowTests(root, suites.python.commands[0].argv[0], env);
  const seed = readSampleSeed(process.env);
  const items = isFull ? all : sampleSlowTests(all, seed);
  if (items.length === 0) return [];
  console.log(
    isFull
      ? `slow tests: all ${all.length}`
      : `slow tests: ${items[0].id}, one of ${all.length} (MERGESWEEP_TEST_SEED=${seed}; npm run test:full runs all)`,
  );
  return [await runSuite(suites.slow(items), env)];
}

async function inTurn(suites, run) {
  const results = [];
  for (const suite of suites) results.push(await run(suite));
  return results;
}

async function runSuite(suite, env) {
  const started = Date.now();
  const deadline = started + suite.minutes * 60_000;
  const total = { passed: 0, failed: 0, skipped: 0 };
  for (const [index, command] of suite.commands.entries()) {
    const logPath = join(reports, `${suite.name}-${index}-${command.name.replace(' ', '-')}.log`);
    appendFileSync(logPath, `$ ${command.argv.join(' ')}\n`);
    const timeoutMs = Math.max(1000, deadline - Date.now());
    const { code, timedOut } = await runCommand({
      ...command,
      cwd: command.cwd ?? root,
      env,
      logPath,
      timeoutMs,
    });
    const counts = countResults(command, code);
    for (const key of Object.keys(total)) total[key] += counts[key];
    if (counts.failed > 0) showFailure(suite, command, logPath, timedOut);
  }
  const seconds = secondsSince(started);
  console.log(
    `${total.failed === 0 ? '✓' : '✗'} ${suite.name}: ${total.passed} passed, ${total.failed} failed  ${seconds.toFixed(1)} s`,
  );
  return { name: suite.name, seconds, ...total };
}

function showFailure(suite, command, logPath, timedOut) {
  const lines = readFileSync(logPath, 'utf8').trimEnd().split('\n');
  const why = timedOut ? ` was ended after the suite's ${suite.minutes} minutes` : ' failed';
  console.log(`\n── ${suite.name}: ${command.name}${why} (${relative(root, logPath)})`);
  console.log(lines.slice(-shownLines).join('\n'), '\n──\n');
}

function printTable(rows, totalSeconds) {
  console.log('\nsuite       seconds   passed   failed   skipped');
  for (const { name, seconds, passed, failed, skipped } of rows) {
    const cells = [passed, failed, skipped].map((count) => String(count ?? '').padStart(9));
    console.log(name.padEnd(10) + seconds.toFixed(1).padStart(9) + cells.join(''));
  }
  console.log(`all       ${totalSeconds.toFixed(1).padStart(9)}\n`);
}

function stopOnSignal() {
  for (const signal of ['SIGINT', 'SIGTERM']) {
    process.on(signal, () => {
      stopAll();
      process.exit(130);
    });
  }
}

function secondsSince(started) {
  return (Date.now() - started) / 1000;
}

function sum(results, key) {
  return results.reduce((total, result) => total + (result[key] ?? 0), 0);
}
