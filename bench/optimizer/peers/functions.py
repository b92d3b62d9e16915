"""The benchmark's functions in Python, as `../functions.ts` has them: minimised over [0, 1]^d.

`check_vectors` holds them against `../golden/function-vectors.json` before any peer is run. The order of numpy's
operations is that of the reference, so that a peer's whole run comes out as in the earlier research.
"""

import json
import math
from pathlib import Path
from typing import Any

import numpy as np

BBOB = ["sphere", "ellipsoid", "rosenbrock", "rastrigin", "schwefel", "stepellipsoid"]


class Mulberry32:
    def __init__(self, seed: int) -> None:
        self.state = seed & 0xFFFFFFFF

    def uniform(self) -> float:
        self.state = (self.state + 0x6D2B79F5) & 0xFFFFFFFF
        t = self.state
        t = ((t ^ (t >> 15)) * (t | 1)) & 0xFFFFFFFF
        t ^= (t + (((t ^ (t >> 7)) * (t | 61)) & 0xFFFFFFFF)) & 0xFFFFFFFF
        return ((t ^ (t >> 14)) & 0xFFFFFFFF) / 4294967296.0

    def normal(self) -> float:
        u1 = 1.0 - self.uniform()
        u2 = self.uniform()
        return math.sqrt(-2.0 * math.log(u1)) * math.cos(2.0 * math.pi * u2)

    def range(self, low: float, high: float) -> float:
        return low + (high - low) * self.uniform()


def random_rotation(random: Mulberry32, d: int) -> Any:
    """Rows of normals, orthonormalised in order by modified Gram-Schmidt."""
    rows = np.array([[random.normal() for _ in range(d)] for _ in range(d)])
    for i in range(d):
        for j in range(i):
            rows[i] -= (rows[i] @ rows[j]) * rows[j]
        rows[i] /= math.sqrt(rows[i] @ rows[i])
    return rows


class Bbob:
    """The value at the optimum is 0."""

    is_noisy = False

    def __init__(self, name: str, d: int, instance: int) -> None:
        self.name, self.dimension = name, d
        random = Mulberry32(1000003 * (BBOB.index(name) + 1) + 1009 * d + instance)
        self.optimum = np.array([random.range(-4, 4) for _ in range(d)])
        self.sign = np.array([1.0 if random.uniform() < 0.5 else -1.0 for _ in range(d)])
        is_rotated = name in ("ellipsoid", "rastrigin", "stepellipsoid")
        self.rotation = random_rotation(random, d) if is_rotated else None
        t = np.arange(d) / max(1, d - 1)
        self.condition = {"ellipsoid": 10.0 ** (4 * t), "stepellipsoid": 10.0 ** (2 * t)}.get(name)

    def true(self, point: Any) -> float:
        x = np.asarray(point, float)
        d = self.dimension
        if self.name == "schwefel":
            u = self.sign * (1000 * x - 500)
            return float(418.9828872724339 - np.mean(u * np.sin(np.sqrt(np.abs(u)))))
        z = (10 * x - 5) - self.optimum
        if self.name == "sphere":
            return float(z @ z)
        if self.name == "rosenbrock":
            z = max(1.0, math.sqrt(d) / 8) * (z * 0.75) + 1
            return float(np.sum(100 * (z[:-1] ** 2 - z[1:]) ** 2 + (z[:-1] - 1) ** 2))
        z = self.rotation @ z
        if self.name == "ellipsoid":
            return float(self.condition @ (z * z))
        if self.name == "rastrigin":
            return float(10 * (d - np.sum(np.cos(2 * math.pi * z))) + z @ z)
        steps = np.where(np.abs(z) > 0.5, np.floor(0.5 + z), np.floor(0.5 + 10 * z) / 10)
        return float(0.1 * max(abs(z[0]) / 1e4, float(self.condition @ (steps * steps))))

    def measured(self, point: Any) -> float:
        return self.true(point)


class Merge:
    """A simulated merge of K parents in G layer groups: weights w[k][g], k-major, then densities."""

    is_noisy = True

    def __init__(self, K: int, G: int, N: int, instance: int, gate_weight: float) -> None:
        self.parents, self.groups, self.dimension = K, G, 2 * K * G
        self.gate_weight = gate_weight
        self.tasks = T = K + 1
        random = Mulberry32(7000001 + 10007 * K + 131 * G + 7919 * instance)
        self.skill = np.zeros((T, K))
        for t in range(T):
            for k in range(K):
                low, high = (0.8, 1.2) if t == k else (-0.25, 0.35) if t < K else (-0.35, 0.10)
                self.skill[t, k] = random.range(low, high)
        share = np.array([[math.exp(0.7 * random.normal()) for _ in range(G)] for _ in range(T)])
        self.share = share / share.sum(axis=1, keepdims=True)
        self.conflict = np.zeros((K, K))
        for j in range(K):
            for k in range(j + 1, K):
                self.conflict[j, k] = random.range(0.1, 0.9)
        self.sensitivity = np.array([random.range(0.5, 1.0) for _ in range(T)])
        self.threshold = np.array([self.skill[t, t] - 0.5 if t < K else -0.6 for t in range(T)])
        self.chance = np.array([0.0 if random.uniform() < 0.5 else 0.25 for _ in range(T)])
        self.items_per_task = n = max(1, N // T)
        self.difficulty = np.array([[1.2 * random.normal() for _ in range(n)] for _ in range(T)])
        luck, directions = [], []
        for _ in range(T * n):
            luck.append(random.uniform())
            is_anchored = random.uniform() < 0.6
            directions.append(
                np.zeros(self.dimension)
                if is_anchored
                else np.array([3.0 * random.normal() for _ in range(self.dimension)])
            )
        self.luck = np.array(luck).reshape(T, n)
        self.directions = np.array(directions)
        base = np.concatenate([np.zeros(K * G), np.ones(K * G)])
        self.gate = float(self.true_accuracies(base)[K]) - 0.05

    def skills(self, x: Any) -> Any:
        K, G = self.parents, self.groups
        weight = x[: K * G].reshape(K, G)
        density = 0.05 + 0.95 * x[K * G :].reshape(K, G)
        effect = weight * (1 - np.exp(-5 * density)) / (1 - math.exp(-5))
        saturated = (1 - np.exp(-2.5 * effect)) / (1 - math.exp(-2.5))
        dense = effect * np.sqrt(density)
        interference = np.einsum("jg,jk,kg->g", dense, self.conflict, dense)
        overscaled = 0.5 * np.maximum(0, effect.sum(axis=0) - 1.2) ** 2
        steps = (effect[:, 1:] - effect[:, :-1]) ** 2
        mismatch = 0.3 * np.mean(np.sum(steps, axis=0)) if G > 1 else 0.0
        lost = np.outer(self.sensitivity, interference)
        gain = self.skill @ saturated
        return np.sum(self.share * (gain - lost - overscaled[None, :]), axis=1) - mismatch

    def probabilities(self, point: Any) -> Any:
        skill = self.skills(np.asarray(point, float))
        z = 2.2 * (skill - self.threshold)[:, None] - self.difficulty
        return self.chance[:, None] + (0.97 - self.chance)[:, None] / (1 + np.exp(-z))

    def true_accuracies(self, point: Any) -> Any:
        return self.probabilities(point).mean(axis=1)

    def items(self, point: Any) -> Any:
        x = np.asarray(point, float)
        u = self.luck + (self.directions @ x).reshape(self.tasks, self.items_per_task)
        return (u - np.floor(u)) < self.probabilities(x)

    def loss(self, accuracies: Any) -> float:
        shortfall = max(0.0, self.gate - float(accuracies[self.parents]))
        return -(float(np.mean(accuracies)) - self.gate_weight * shortfall)

    def true(self, point: Any) -> float:
        return self.loss(self.true_accuracies(point))

    def measured(self, point: Any) -> float:
        return self.loss(self.items(point).mean(axis=1))


def make_function(spec: str, instance: int) -> Any:
    if spec.startswith("merge"):
        K, G, N = (int(part[1:]) for part in spec.split("_")[1:])
        return Merge(K, G, N, instance, 0.0 if spec.startswith("mergeng") else 2.0)
    name, d = spec.rsplit("_d", 1)
    return Bbob(name, int(d), instance)


def check_vectors(path: Path) -> None:
    """@raise AssertionError: where this port is not the function that the golden file was made with"""
    vectors = json.loads(path.read_text())

    def check(spec: str, got: float, wanted: float) -> None:
        assert abs(got - wanted) <= 1e-12 * max(1.0, abs(wanted)), (spec, got, wanted)

    for case in vectors["functions"]:
        function = make_function(case["spec"], case["inst"])
        for x, value in zip(case["x"], case["f"], strict=True):
            check(case["spec"], function.true(x), value)
    for case in vectors["merge"]:
        function = make_function(case["spec"], case["inst"])
        check(case["spec"], function.gate, case["gate"])
        for index, x in enumerate(case["x"]):
            check(case["spec"], function.true(x), case["true"][index])
            check(case["spec"], function.measured(x), case["measured"][index])
            assert int(function.items(x).sum()) == case["correct"][index], case["spec"]
