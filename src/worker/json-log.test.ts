import { describe, expect, it } from 'vitest';
import { createRedactor } from '../external/secrets.js';
import { createJsonLog, logNodeEvent, toLogEvent, type LogEvent } from './json-log.js';

const at = new Date(Date.UTC(2026, 0, 1));

describe('the JSON log', () => {
  it('writes one line an event: time, level and event first', () => {
    const lines: string[] = [];
    const log = createJsonLog(
      (line) => lines.push(line),
      String,
      () => at,
    );
    log({ level: 'warn', event: 'trial_failed', trial: '7', reason: 'two\nlines' });
    expect(lines).toEqual([
      '{"time":"2026-01-01T00:00:00.000Z","level":"warn","event":"trial_failed","trial":"7","reason":"two\\nlines"}\n',
    ]);
  });

  it('takes secrets out of every field, and a line stays JSON', () => {
    const lines: string[] = [];
    const redact = createRedactor({ HF_TOKEN: 'hunter2-hunter2' });
    const log = createJsonLog(
      (line) => lines.push(line),
      redact,
      () => at,
    );
    const key = '-----BEGIN PRIVATE KEY-----\nMIIabc';
    log({ level: 'info', event: 'message', message: 'hunter2-hunter2', deep: { list: [key] } });
    expect(JSON.parse(lines.join(''))).toMatchObject({
      ...{ message: '[secret]', deep: { list: ['[secret]'] } },
    });
  });

  it('makes events of messages for people, with the code of an error as a field', () => {
    expect(toLogEvent('worker ready\n')).toEqual({
      ...{ level: 'info', event: 'message', message: 'worker ready' },
    });
    expect(toLogEvent('error metrics_port can’t listen\nhere\n')).toEqual({
      ...{ level: 'error', event: 'error', code: 'metrics_port', message: 'can’t listen\nhere' },
    });
    expect(toLogEvent(' \n')).toBeUndefined();
  });

  it('warns of trials that failed or were refused, and of no others', () => {
    const events: LogEvent[] = [];
    const left = { stage: 'merge', seconds: 1 } as const;
    const head = { node: 'n', sweep: 's', trial: '1', seconds: 1, left };
    const tell = (event: Parameters<typeof logNodeEvent>[1]) => {
      logNodeEvent((each) => events.push(each), event);
    };
    tell({ ...head, event: 'trial_failed', class: 'hang', reason: 'it hung', attempt: 1 });
    tell({ ...head, event: 'trial_refused', reason: 'no card' });
    tell({ ...head, event: 'trial_handed_back', reason: 'it shuts down' });
    tell({ node: 'n', sweep: 's', trial: '1', event: 'trial_taken' });
    expect(events.map(({ level, event }) => `${level} ${event}`)).toEqual([
      ...['warn trial_failed', 'warn trial_refused', 'info trial_handed_back', 'info trial_taken'],
    ]);
    expect(events[0]).toMatchObject({ node: 'n', trial: '1', class: 'hang', reason: 'it hung' });
  });
});
