import { expect, it } from 'vitest';
import { findLogFormat } from './observe-flags.js';

it.each([
  [['run', 'a.yaml', '--log-format', 'json'], {}, 'json'],
  [['worker', '--log-format=json'], {}, 'json'],
  [['run', 'a.yaml'], { MERGESWEEP_LOG_FORMAT: 'json' }, 'json'],
  [['run', 'a.yaml', '--log-format', 'text'], { MERGESWEEP_LOG_FORMAT: 'json' }, 'text'],
  [['run', '--log-format'], {}, 'text'],
  [['run', '--log-format', 'xml'], {}, 'text'],
  [['run'], { MERGESWEEP_LOG_FORMAT: '' }, 'text'],
])('%j with %j logs as %s, before any verb has parsed it', (words, env, format) => {
  expect(findLogFormat(words, env)).toBe(format);
});
