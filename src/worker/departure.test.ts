import { expect, it } from 'vitest';
import type { RunTrialResult } from '../../activities/contracts.js';
import { Departure } from './departure.js';

const result = { node: 'n' } as RunTrialResult;

it('passes on what a trial gives while the node stays', async () => {
  const departure = new Departure();
  expect(await departure.during('1', Promise.resolve(result))).toBe(result);
  const error = new Error('it broke');
  await expect(departure.during('2', Promise.reject(error))).rejects.toBe(error);
  await departure.settled();
});

it('hands back at once what runs when it goes, and what comes then, and waits for their ends', async () => {
  const departure = new Departure();
  let end = (): void => undefined;
  const work = new Promise<RunTrialResult>((resolve) => {
    end = () => {
      resolve(result);
    };
  });
  const running = departure.during('1', work);
  departure.go('it shuts down');
  const given = { type: 'HandedBack', nonRetryable: true };
  await expect(running).rejects.toMatchObject({
    ...given,
    message: 'trial 1 was handed back: it shuts down',
  });
  await expect(departure.during('2', work)).rejects.toMatchObject(given);
  let hasSettled = false;
  const settling = departure.settled().then(() => (hasSettled = true));
  await Promise.resolve();
  expect(hasSettled).toBe(false);
  end();
  await settling;
});
