/**
 * `margin`: a smoother signal than `acc`, worked out here from what lm-eval logs of multiple-choice
 * tasks. For a document: log-likelihood of the right choice − that of the best other one, in nats;
 * above 0 where `acc` is 1. Its mean over the documents is the score.
 */
const metricName = 'margin';

/** @param metric full key, e.g. `margin,none` */
export function isMargin(metric: string): boolean {
  return metric.split(',', 1)[0] === metricName;
}

/**
 * The margin of one logged sample; undefined where it is not of a multiple-choice task with one right
 * choice, NaN where a log-likelihood is no number.
 * @param sample a line of lm-eval's samples: `target` is the index of the right choice,
 *   `filtered_resps` holds [log-likelihood, is greedy] per choice
 */
export function marginOf(sample: Readonly<Record<string, unknown>>): number | undefined {
  const { target, filtered_resps: choices } = sample;
  if (typeof target !== 'string' || !/^\d+$/.test(target) || !Array.isArray(choices))
    return undefined;
  const logLikelihoods = choices.map((choice: unknown) =>
    Array.isArray(choice) && choice.length === 2 ? toNumber(choice[0]) : undefined,
  );
  const right = logLikelihoods[Number(target)];
  const others = logLikelihoods.filter((_, index) => index !== Number(target));
  if (right === undefined || others.length === 0 || others.includes(undefined)) return undefined;
  return right - Math.max(...others.map(Number));
}

/** lm-eval logs them as text. What is no number must not become 0, as `Number` makes of much. */
function toNumber(logged: unknown): number {
  const isText = typeof logged === 'string' && logged.trim() !== '';
  return isText || typeof logged === 'number' ? Number(logged) : Number.NaN;
}
