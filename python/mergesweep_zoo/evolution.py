"""A small CMA-ES on the unit cube: enough to see what a search of the landscape would find.

It is not the product's optimizer. Formulas: Hansen, "The CMA Evolution Strategy: A Tutorial"
(arXiv:1604.00772), without active update.
"""

from collections.abc import Callable, Sequence

import numpy as np

POPULATION_SIZE = 10
_INITIAL_SIGMA = 0.25


def minimize(
    loss: Callable[[Sequence[float]], float], dimension: int, trials: int, seed: int
) -> None:
    """Call `loss` at `trials` points of the unit cube, each generation nearer to its minimum.

    Points outside are clipped before they are measured; the caller keeps what it sees.
    """
    rng = np.random.default_rng(seed)
    parents = POPULATION_SIZE // 2
    weights = np.log(parents + 0.5) - np.log(np.arange(1, parents + 1))
    weights /= weights.sum()
    mu_eff = 1 / (weights**2).sum()
    c_sigma = (mu_eff + 2) / (dimension + mu_eff + 5)
    d_sigma = 1 + 2 * max(0.0, np.sqrt((mu_eff - 1) / (dimension + 1)) - 1) + c_sigma
    c_c = (4 + mu_eff / dimension) / (dimension + 4 + 2 * mu_eff / dimension)
    c_1 = 2 / ((dimension + 1.3) ** 2 + mu_eff)
    c_mu = min(1 - c_1, 2 * (mu_eff - 2 + 1 / mu_eff) / ((dimension + 2) ** 2 + mu_eff))
    expected_norm = np.sqrt(dimension) * (1 - 1 / (4 * dimension) + 1 / (21 * dimension**2))

    mean, sigma, covariance = np.full(dimension, 0.5), _INITIAL_SIGMA, np.eye(dimension)
    path_sigma, path_c = np.zeros(dimension), np.zeros(dimension)
    for start in range(0, trials, POPULATION_SIZE):
        eigenvalues, basis = np.linalg.eigh(covariance)
        root = np.sqrt(np.maximum(eigenvalues, 1e-20))
        count = min(POPULATION_SIZE, trials - start)
        points = mean + sigma * (rng.standard_normal((count, dimension)) * root) @ basis.T
        clipped = np.clip(points, 0, 1)
        losses = [loss(point.tolist()) for point in clipped]
        if count < POPULATION_SIZE:
            return
        steps = (clipped[np.argsort(losses, kind="stable")[:parents]] - mean) / sigma
        step = weights @ steps
        mean = mean + sigma * step
        path_sigma = (1 - c_sigma) * path_sigma + np.sqrt(c_sigma * (2 - c_sigma) * mu_eff) * (
            basis @ ((basis.T @ step) / root)
        )
        path_c = (1 - c_c) * path_c + np.sqrt(c_c * (2 - c_c) * mu_eff) * step
        covariance = (
            (1 - c_1 - c_mu) * covariance
            + c_1 * np.outer(path_c, path_c)
            + c_mu * (steps.T * weights) @ steps
        )
        sigma *= float(np.exp(c_sigma / d_sigma * (np.linalg.norm(path_sigma) / expected_norm - 1)))
