import type { Distribution } from './distribution.js';
import { symmetricEigen } from './eigen.js';
import { CmaStateError } from './errors.js';
import type { LearningRates } from './learning-rates.js';
import { at, packedLength, unpackUpper } from './matrix.js';
import type { ResolvedOptions } from './options.js';
import {
  asCount,
  asNumber,
  asNumbers,
  asObject,
  asPoint,
  asPositive,
  asPresentIf,
} from './parse-values.js';

/** How negative an eigenvalue of a covariance may be, relative to the largest, by rounding alone. */
const ROUNDING = 1e-10;

/** @throws CmaStateError naming the place below `distribution` */
export function parseDistribution(value: unknown, options: ResolvedOptions): Distribution {
  const raw = asObject('distribution', value);
  const n = options.dimension;
  const isSeparable = options.covariance === 'separable';
  const size = isSeparable ? n : packedLength(n);
  const generation = asCount('distribution.generation', raw['generation']);
  const age = asCount('distribution.age', raw['age']);
  if (age > generation) throw new CmaStateError('distribution.age', 'at most the generation', age);
  const covariance = asNumbers('distribution.covariance', raw['covariance'], size);
  const decomposed = asPresentIf(
    !isSeparable && raw['decomposed'] !== null,
    'distribution.decomposed',
    raw['decomposed'],
    (numbers) => asNumbers('distribution.decomposed', numbers, size),
  );
  // Only what samples are drawn along must be positive definite: C between two decompositions may not be it yet.
  checkPositive('covariance', covariance, n, decomposed === null);
  if (decomposed !== null) checkPositive('decomposed', decomposed, n, true);
  return {
    generation,
    age,
    mean: parseMean(raw['mean'], options),
    sigma: asPositive('distribution.sigma', raw['sigma']),
    covariance,
    pathSigma: asNumbers('distribution.pathSigma', raw['pathSigma'], n),
    pathC: asNumbers('distribution.pathC', raw['pathC'], n),
    decomposed,
    learningRates: asPresentIf(
      options.learningRateAdaptation,
      'distribution.learningRates',
      raw['learningRates'],
      (rates) => parseLearningRates(rates, n),
    ),
    levelScale: asPresentIf(
      options.coordinates !== null,
      'distribution.levelScale',
      raw['levelScale'],
      (scales) =>
        asNumbers('distribution.levelScale', scales, n).map((scale, j) =>
          asPositive(`distribution.levelScale[${j}]`, scale),
        ),
    ),
  };
}

/** In the box, but for coordinates whose search space is wider. */
function parseMean(value: unknown, { dimension, bounds, coordinates }: ResolvedOptions): number[] {
  const path = 'distribution.mean';
  if (bounds === 'transform') return asNumbers(path, value, dimension);
  if (coordinates === null) return asPoint(path, value, dimension);
  return asNumbers(path, value, dimension).map((m, j) => {
    const isDiscrete = (coordinates[j] ?? null) !== null;
    if (!isDiscrete && (m < 0 || m > 1))
      throw new CmaStateError(`${path}[${j}]`, 'a number in [0, 1]', m);
    return m;
  });
}

function checkPositive(
  name: string,
  covariance: readonly number[],
  n: number,
  isDefinite: boolean,
): void {
  const fail = (expected: string): never => {
    throw new CmaStateError(`distribution.${name}`, expected, covariance);
  };
  if (covariance.length === n) {
    if (!covariance.every((variance) => variance > 0)) fail('numbers above 0');
    return;
  }
  if (!isDefinite) return;
  const { values } = symmetricEigen(unpackUpper(covariance, n));
  const largest = at(values, n - 1);
  if (!(largest > 0 && at(values, 0) > -ROUNDING * largest)) fail('a positive definite matrix');
}

function parseLearningRates(value: unknown, n: number): LearningRates {
  const path = 'distribution.learningRates';
  const raw = asObject(path, value);
  const rate = (name: 'mean' | 'covariance'): number => {
    const number = asPositive(`${path}.${name}`, raw[name]);
    if (number > 1) throw new CmaStateError(`${path}.${name}`, 'a number in (0, 1]', number);
    return number;
  };
  return {
    mean: rate('mean'),
    covariance: rate('covariance'),
    meanStep: asNumbers(`${path}.meanStep`, raw['meanStep'], n),
    meanPower: asNumber(`${path}.meanPower`, raw['meanPower']),
    covarianceStep: asNumbers(`${path}.covarianceStep`, raw['covarianceStep'], packedLength(n)),
    covariancePower: asNumber(`${path}.covariancePower`, raw['covariancePower']),
  };
}
