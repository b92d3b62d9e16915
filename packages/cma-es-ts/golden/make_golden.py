"""Writes the golden files of cma-es-ts from cmaes==0.13.1 and cma==4.5.0, the references it is compared with.

    python -m venv venv && venv/bin/pip install cmaes==0.13.1 cma==4.5.0 numpy==2.4.6 mpmath==1.4.1
    venv/bin/python packages/cma-es-ts/golden/make_golden.py

The two divisions by zero it warns of are cmaes' own, at a population of 2 (cMu = 0), and end in a minimum that ignores them.

constants.json       strategy constants of n = 2..64 at the default population size, and of some others
traces.json          100 generations at n = 2, 6, 10: points rounded to 7 decimals, told values (ranks), and what became of the
                     distribution; the points are stored, so nothing depends on a random generator
update-vectors.json  6 generations at n = 4 of points that have nothing to do with the distribution (mulberry32 seed 7), and 30 short
                     traces of n = 3 with evolution paths of many lengths
variants.json        the same points through SepCMA and CMA(lr_adapt=True), 6 generations at n = 4, and 40 generations of each whose
                     points are drawn from the distribution; the constants of SepCMA
margin.json          25 generations of CMAwM with two, three and eleven levels beside continuous coordinates: the points told, and
                     what became of mean, scale (A), sigma and C
lin-quad.json        pycma's BoxConstraintsLinQuadTransformation on [0, 1], and its inverse
inverse-normal.json  quantiles of the normal distribution, computed in 60 digits by mpmath and rounded to doubles
"""

import json
import math
import os

import cma
import cmaes
import mpmath
import numpy as np
from cma.transformations import BoxConstraintsLinQuadTransformation

HERE = os.path.dirname(os.path.abspath(__file__))
SOURCE = f"cmaes {cmaes.__version__}, numpy {np.__version__}"


def write(name, content):
    with open(os.path.join(HERE, name), "w") as file:
        json.dump(content, file, separators=(",", ":"))
        file.write("\n")


def snapshot(es, generation):
    upper = es._C if es._C.ndim == 1 else es._C[np.triu_indices(es.dim)]
    return dict(
        generation=generation,
        mean=es._mean.tolist(),
        sigma=float(es._sigma),
        covariance=upper.tolist(),
        pathSigma=es._p_sigma.tolist(),
        pathC=es._pc.tolist(),
    )


def constants(n, population_size=None, kind=cmaes.CMA):
    es = kind(mean=np.full(n, 0.5), sigma=0.25, population_size=population_size)
    return dict(
        dimension=n,
        populationSize=es.population_size,
        parents=es._mu,
        weights=es._weights.tolist(),
        muEff=float(es._mu_eff),
        c1=float(es._c1),
        cMu=float(es._cmu),
        cc=float(es._cc),
        cSigma=float(es._c_sigma),
        dSigma=float(es._d_sigma),
        chiN=es._chi_n,
    )


def trace(n, generations=100, kind=cmaes.CMA, **options):
    """The optimum jumps every 15 generations, so that sigma grows and shrinks and h_sigma is sometimes 0."""
    rng = np.random.RandomState(1000 + n)
    scale = 10.0 ** np.linspace(0, 2, n)
    rotation = np.linalg.qr(rng.randn(n, n))[0]
    es = kind(mean=np.full(n, 0.5), sigma=0.25, seed=n, **options)
    target = rng.rand(n)
    told, snapshots = [], []
    for generation in range(1, generations + 1):
        if generation % 15 == 0:
            target = rng.rand(n)
        points = [np.round(es.ask(), 7) for _ in range(es.population_size)]
        losses = [float(np.sum(scale * (rotation @ (x - target)) ** 2)) for x in points]
        order = sorted(range(len(points)), key=lambda i: losses[i])
        values = [order.index(i) for i in range(len(points))]
        es.tell([(x.copy(), float(v)) for x, v in zip(points, values)])
        told.append(dict(points=[x.tolist() for x in points], values=values))
        if generation <= 5 or generation % 10 == 0:
            snapshots.append(snapshot(es, generation))
    return dict(dimension=n, mean=[0.5] * n, sigma=0.25, told=told, snapshots=snapshots)


def mulberry32(seed):
    """A 32-bit generator that is the same in every language."""
    a = seed & 0xFFFFFFFF
    while True:
        a = (a + 0x6D2B79F5) & 0xFFFFFFFF
        t = ((a ^ (a >> 15)) * (a | 1)) & 0xFFFFFFFF
        t ^= (t + (((t ^ (t >> 7)) * (t | 61)) & 0xFFFFFFFF)) & 0xFFFFFFFF
        yield ((t ^ (t >> 14)) & 0xFFFFFFFF) / 4294967296.0


def update_vectors(n=4, generations=6, kind=cmaes.CMA, **options):
    es = kind(mean=np.full(n, 0.5), sigma=0.25, **options)
    uniform = mulberry32(7)
    told, snapshots = [], []
    for generation in range(1, generations + 1):
        points = [np.array([next(uniform) for _ in range(n)]) for _ in range(es.population_size)]
        values = [float(np.sum((x - 0.3) ** 2 * np.arange(1, n + 1))) for x in points]
        es.tell([(x.copy(), v) for x, v in zip(points, values)])
        told.append(dict(points=[x.tolist() for x in points], values=values))
        snapshots.append(snapshot(es, generation))
    return dict(dimension=n, mean=[0.5] * n, sigma=0.25, told=told, snapshots=snapshots)


def threshold_vectors(n=3, shifts=30):
    """Two generations each, with p_sigma of many lengths, some just beside the threshold of h_sigma."""
    traces = []
    for k in range(1, shifts + 1):
        es = cmaes.CMA(mean=np.full(n, 0.5), sigma=0.125)
        uniform = mulberry32(100 + k)
        told, snapshots = [], []
        for generation in (1, 2):
            step = np.array([0.015625 * k, 0, 0])
            size = es.population_size
            points = [0.5 + generation * step + 0.0625 * np.array([next(uniform) for _ in range(n)]) for _ in range(size)]
            values = list(range(len(points)))
            es.tell([(x.copy(), float(v)) for x, v in zip(points, values)])
            told.append(dict(points=[x.tolist() for x in points], values=values))
            snapshots.append(snapshot(es, generation))
        traces.append(dict(dimension=n, mean=[0.5] * n, sigma=0.125, told=told, snapshots=snapshots))
    return traces


def margin_trace(levels=(2, 3, 11, 0, 0), generations=25):
    """Level i of L is i / (L - 1); 0 levels are a continuous coordinate. The told values pull the discrete means to their bounds."""
    n = len(levels)
    bounds = np.array([[0.0, 1.0]] * n)
    steps = np.array([1 / (count - 1) if count else 0 for count in levels])
    es = cmaes.CMAwM(mean=np.array([0.45, 0.4, 0.52, 0.5, 0.5]), sigma=0.25, bounds=bounds, steps=steps, seed=5)
    told, snapshots = [], []
    for generation in range(1, generations + 1):
        target = np.array([1, 0.5, 0.3, 0.2, 0.9]) if generation < 15 else np.array([0, 1, 1, 0.2, 0.9])
        encoded, raw = zip(*[es.ask() for _ in range(es.population_size)])
        losses = [float(np.sum((x - target) ** 2)) for x in encoded]
        order = sorted(range(len(raw)), key=lambda i: losses[i])
        values = [order.index(i) for i in range(len(raw))]
        es.tell([(x.copy(), float(v)) for x, v in zip(raw, values)])
        told.append(dict(points=[x.tolist() for x in raw], encoded=[x.tolist() for x in encoded], values=values))
        snapshots.append(dict(snapshot(es._cma, generation), levelScale=es._A.tolist()))
    return dict(dimension=n, levels=list(levels), mean=[0.45, 0.4, 0.52, 0.5, 0.5], sigma=0.25, told=told, snapshots=snapshots)


def lin_quad():
    transformation = BoxConstraintsLinQuadTransformation([[0.0, 1.0]])
    ys = [i / 64 for i in range(-8, 73)] + [-0.05, 0.05, 0.95, 1.05, -0.0499999, 0.0499999, 0.95001, 1.04999]
    xs = [i / 40 for i in range(41)] + [1e-12, 1e-6, 0.049999, 0.050001, 0.949999, 0.950001, 1 - 1e-6]
    ys = [y for y in ys if -0.1 <= y <= 1.1]
    return dict(
        forward=[dict(y=y, x=float(transformation([y])[0])) for y in ys],
        inverse=[dict(x=x, y=float(transformation.inverse([x])[0])) for x in xs],
    )


def inverse_normal():
    mpmath.mp.dps = 60
    ps = [1e-300, 1e-100, 1e-30, 2.0**-53, 1e-10, 1e-6, 1e-3, 0.01, 0.05, 0.0749, 0.0751, 0.1, 0.2, 0.3]
    ps += [0.4, 0.45, 0.499, 0.4999999, 0.5000001, 0.55, 0.6, 0.7, 0.9, 0.9249, 0.9251, 0.975, 0.999]
    ps += [1 - 1e-6, 1 - 2.0**-40, 1 - 2.0**-52]

    def quantile(p):
        """Newton's method on the logarithm of the distribution function, in 60 digits."""
        small = mpmath.mpf(p) if p < 0.5 else 1 - mpmath.mpf(p)
        x = -mpmath.sqrt(-2 * mpmath.log(small)) if small < 0.4 else -mpmath.mpf(0.1)
        for _ in range(200):
            cdf = mpmath.erfc(-x / mpmath.sqrt(2)) / 2
            x -= mpmath.log(cdf / small) * cdf / mpmath.npdf(x)
        return x if p < 0.5 else -x

    return [dict(p=p, x=float(quantile(p))) for p in ps]


if __name__ == "__main__":
    others = [(1, None), (2, 2), (3, 3), (5, 40), (10, 100), (40, 400)]
    table = [constants(n) for n in range(2, 65)] + [constants(n, size) for n, size in others]
    write("constants.json", dict(source=SOURCE, constants=table))
    write("traces.json", dict(source=SOURCE, traces=[trace(n) for n in (2, 6, 10)]))
    write("update-vectors.json", dict(source=SOURCE, traces=[update_vectors(), *threshold_vectors()]))
    separable = [constants(n, size, cmaes.SepCMA) for n, size in [(2, None), (10, None), (100, None), (1000, None), (10, 50)]]
    adaptive = dict(kind=cmaes.CMA, lr_adapt=True)
    write(
        "variants.json",
        dict(
            source=SOURCE,
            separableConstants=separable,
            separable=[update_vectors(kind=cmaes.SepCMA), trace(5, 40, cmaes.SepCMA)],
            learningRates=[update_vectors(**adaptive), trace(5, 40, **adaptive)],
        ),
    )
    write("margin.json", dict(source=SOURCE, trace=margin_trace()))
    write("lin-quad.json", dict(source=f"pycma {cma.__version__}", **lin_quad()))
    write("inverse-normal.json", dict(source=f"mpmath {mpmath.__version__}", quantiles=inverse_normal()))
    assert math.isclose(constants(8)["cMu"], 0.0287, abs_tol=1e-4)
