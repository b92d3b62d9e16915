/** What the numbers of a sweep say in words, and no more than they say. */
import { criticalLead, listFinalists } from './finalists.js';
import { formatDelta, formatDeltaWithError, formatScore } from './number-text.js';
import { differenceTo, type ScoreDifference } from './score-difference.js';
import type { ScoredModel } from './scored-model.js';
import type { SweepFacts } from './sweep-facts.js';

export interface Verdict {
  readonly tone: 'good' | 'plain' | 'bad';
  readonly text: string;
}

/** Two-sided 95 % of the normal distribution, for what was not chosen by the score at hand. */
const criticalZ = 1.96;

/** The verdicts of a sweep, the one that matters most first. */
export function judgeSweep(facts: SweepFacts): Verdict[] {
  const { best } = facts;
  if (best === undefined) {
    return [{ tone: 'bad', text: 'no trial of the search has a score: there is no best merge' }];
  }
  if (best.confirm === undefined) return [judgeSearchOnly(facts, best)];
  return [
    judgeParents(facts, best),
    ...judgeBaseline('the uniform merge', facts.uniform, facts, best),
    ...judgeBaseline('TIES at its defaults', facts.ties, facts, best),
    ...judgeChoice(facts, best),
    ...judgeSkills(facts, best),
    ...judgeDrop(best),
  ];
}

function judgeSearchOnly({ sweep, deltaToBestParent, bestParent }: SweepFacts, best: ScoredModel) {
  const why = sweep.state === 'finished' ? 'has no confirmed score' : 'is not confirmed yet';
  const lead =
    deltaToBestParent === undefined || bestParent === undefined
      ? ''
      : `; on the search documents it is at ${formatDelta(deltaToBestParent)} to the best parent (${bestParent.name}), which flatters a winner`;
  return { tone: 'plain', text: `best ${best.name} ${why} on held-out documents${lead}` } as const;
}

interface Lead extends ScoreDifference {
  readonly name: string;
}

function judgeParents({ parents, finalists }: SweepFacts, best: ScoredModel): Verdict {
  const leads = parents
    .flatMap((parent): Lead[] => {
      const difference = differenceTo(parent, best, 'confirm');
      return difference === undefined ? [] : [{ name: parent.name, ...difference }];
    })
    .sort((a, b) => a.difference - b.difference);
  const [least] = leads;
  if (least === undefined) {
    return { tone: 'plain', text: `no parent has a confirmed score to hold ${best.name} against` };
  }
  const missing = parents.length - leads.length;
  const but = missing === 0 ? '' : `; ${missing} of ${parents.length} parents have none`;
  if (least.difference <= 0) {
    const ahead = leads.filter(({ difference }) => difference <= 0).map(({ name }) => name);
    return {
      tone: 'bad',
      text:
        `best ${best.name} does not lead every parent on held-out documents: ` +
        `${ahead.join(', ')} ${ahead.length === 1 ? 'is' : 'are'} level or ahead by up to ${formatScore(-least.difference)}${but}`,
    };
  }
  const whom = missing === 0 ? 'every parent' : 'the confirmed parents';
  const text =
    `best ${best.name} leads ${whom} by at least ${withError(least)} on held-out documents` +
    ` (nearest: ${least.name})${but}`;
  if (isWithinNoise(least, finalists)) {
    return { tone: 'bad', text: `${text}: within noise, no difference shown` };
  }
  return { tone: missing === 0 ? 'good' : 'plain', text };
}

function judgeBaseline(
  what: string,
  baseline: ScoredModel | undefined,
  { finalists }: SweepFacts,
  best: ScoredModel,
) {
  const lead = differenceTo(baseline, best, 'confirm');
  if (lead === undefined) return [];
  if (lead.difference <= 0) {
    return [{ tone: 'bad', text: `it does not lead ${what}: ${withError(lead)}` } as const];
  }
  const noise = isWithinNoise(lead, finalists);
  const text = `it leads ${what} by ${withError(lead)}${noise ? ': within noise, no difference shown' : ''}`;
  return [{ tone: noise ? 'bad' : 'good', text } as const];
}

/** The best of several flatters itself on the documents that chose it: the reader is told. */
function judgeChoice({ finalists, bestMeasured }: SweepFacts, best: ScoredModel): Verdict[] {
  if (finalists.length < 2) return [];
  const measured =
    bestMeasured === undefined || bestMeasured === best
      ? ''
      : `; the best measured in the search was ${bestMeasured.name}`;
  return [
    {
      tone: 'plain',
      text:
        `chosen among ${finalists.length} finalists on these documents (${listFinalists(finalists)}), ` +
        `which flatters it: a lead counts from ${criticalLead(finalists.length).toFixed(2)} standard errors on${measured}`,
    },
  ];
}

/** A mean can hide a lost skill: each task that guards a parent's is held against that parent's score. */
function judgeSkills({ parents }: SweepFacts, best: ScoredModel): Verdict[] {
  const guarded = best.confirm?.trial.input.evaluation.tasks ?? [];
  const skills = guarded.flatMap((planned) => {
    const parent = parents.find(({ trial }) => trial.label === planned.for);
    const [own, kept] = [parent, best].map((model) =>
      model?.confirm?.scores.find(
        ({ task, metric }) => task === planned.name && metric === planned.metric,
      ),
    );
    if (parent === undefined || own === undefined || kept === undefined) return [];
    const gain = (kept.value - own.value) * (planned.direction === 'minimize' ? -1 : 1);
    const noise = criticalZ * Math.hypot(own.stderr ?? 0, kept.stderr ?? 0);
    return [{ parent: parent.name, task: planned.name, own, kept, isLost: gain < -noise }];
  });
  const lost = skills.filter(({ isLost }) => isLost);
  if (skills.length > 0 && lost.length === 0) {
    return [{ tone: 'good', text: "it keeps each parent's score on its own task, within noise" }];
  }
  return lost.map(({ parent, task, own, kept }) => ({
    tone: 'bad',
    text: `it falls behind ${parent} on its own task ${task}: ${formatScore(kept.value)} against ${formatScore(own.value)}`,
  }));
}

function judgeDrop({ search, confirm }: ScoredModel): Verdict[] {
  if (search === undefined || confirm === undefined) return [];
  const drop = formatDelta(confirm.fitness - search.fitness);
  return [
    {
      tone: 'plain',
      text: `from the search to the held-out documents its mean went ${formatScore(search.fitness)} → ${formatScore(confirm.fitness)} (${drop})`,
    },
  ];
}

const withError = ({ difference, stderr }: ScoreDifference): string =>
  formatDeltaWithError(difference, stderr);

function isWithinNoise(
  { difference, stderr }: ScoreDifference,
  finalists: readonly ScoredModel[],
): boolean {
  return stderr !== undefined && Math.abs(difference) < criticalLead(finalists.length) * stderr;
}
