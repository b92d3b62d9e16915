"""Takes the place of mergekit-yaml and lm_eval: works for no time, and takes as long as it is told to.

python stand_in.py SETTINGS.json merge|evaluate ARGUMENT…   with the program's own arguments

The n-th evaluation that begins takes as long in every system that is compared; the same work again
(after a node was lost) takes as long again. A score is a smooth function of weights and densities,
measured with the noise of so many documents: the same candidate scores the same everywhere.
Baselines, which only one of the systems has, take no time and no number. Each start and end goes,
with the time, to a file of JSON lines. No package, few imports: 16 of these share two cores.
"""

import fcntl
import json
import math
import os
import sys
import time
import zlib

DOCUMENTS = 200
STAMP = "2026-01-01T00-00-00.000000"
PARENTS = 3


class Mulberry32:
    """As bench/optimizer/peers/functions.py; importing `random` would take as long as all the rest."""

    def __init__(self, seed):
        self.state = seed & 0xFFFFFFFF

    def uniform(self):
        self.state = (self.state + 0x6D2B79F5) & 0xFFFFFFFF
        t = self.state
        t = ((t ^ (t >> 15)) * (t | 1)) & 0xFFFFFFFF
        t ^= (t + (((t ^ (t >> 7)) * (t | 61)) & 0xFFFFFFFF)) & 0xFFFFFFFF
        return ((t ^ (t >> 14)) & 0xFFFFFFFF) / 4294967296.0

    def normal(self):
        u1 = 1.0 - self.uniform()
        return math.sqrt(-2.0 * math.log(u1)) * math.cos(2.0 * math.pi * self.uniform())

    def range(self, low, high):
        return low + (high - low) * self.uniform()


def read_candidate(config):
    """Weights and densities in the order of the models; TIES at its defaults has no densities."""
    values = {"weight": [], "density": []}
    for line in config.splitlines():
        name, _, value = line.strip().partition(": ")
        if name in values:
            values[name].append(float(value))
    return values["weight"], values["density"] or [1.0] * PARENTS


def is_baseline(config):
    """TIES at its defaults, or all parents alike: the baselines that are merges."""
    weights, densities = read_candidate(config)
    return "merge_method: ties" in config or (len(set(weights)) == 1 and len(set(densities)) == 1)


def true_accuracies(config, seed):
    """Each parent is good at its own task; what is merged of two of them is in each other's way."""
    weights, densities = read_candidate(config)
    random = Mulberry32(7_000_001 + 7919 * seed)
    skill = [
        [random.range(0.9, 1.3) if task == k else random.range(-0.25, 0.35) for k in range(PARENTS)]
        for task in range(PARENTS)
    ]
    conflict = [[random.range(0.2, 0.9) for _ in range(PARENTS)] for _ in range(PARENTS)]
    best_density = [random.range(0.3, 0.8) for _ in range(PARENTS)]
    effect = [
        w * (1 - 2 * (d - best) ** 2)
        for w, d, best in zip(weights, densities, best_density, strict=True)
    ]
    pairs = [(j, k) for j in range(PARENTS) for k in range(j + 1, PARENTS)]
    interference = sum(conflict[j][k] * effect[j] * effect[k] for j, k in pairs)
    overscaled = max(0.0, sum(weights) - 1.6) ** 2
    accuracies = []
    for task in range(PARENTS):
        gain = sum(skill[task][k] * (1 - math.exp(-2.5 * effect[k])) for k in range(PARENTS))
        margin = 2.2 * (gain - 0.6 * interference - overscaled - 0.5)
        accuracies.append(0.1 + 0.85 / (1 + math.exp(-margin)))
    return accuracies


def measured_counts(accuracies, config, seed):
    """Documents that are answered right."""
    noise = Mulberry32(zlib.crc32(config.encode()) ^ seed)
    counts = []
    for p in accuracies:
        right = DOCUMENTS * p + math.sqrt(DOCUMENTS * p * (1 - p)) * noise.normal()
        counts.append(min(DOCUMENTS, max(0, round(right))))
    return counts


def take_number(settings, key):
    """1, 2, … in the order of coming; work that came before has its number."""
    os.makedirs(settings["numbers"], exist_ok=True)
    with open(os.path.join(settings["numbers"], "next"), "a+") as counter:
        fcntl.flock(counter, fcntl.LOCK_EX)
        path = os.path.join(settings["numbers"], key)
        if os.path.exists(path):
            with open(path) as file:
                return int(file.read())
        counter.seek(0)
        number = len(counter.read()) + 1
        counter.write(".")
        with open(path, "w") as file:
            file.write(str(number))
        return number


def duration(settings, number):
    """Seconds; log-normal, in order of the numbers."""
    z = Mulberry32(1_000_003 * settings["seed"] + 97 * number).normal()
    return settings["medianSeconds"] * math.exp(settings["spread"] * z)


def tell(settings, kind, event, where, **more):
    line = json.dumps({"kind": kind, "event": event, "at": time.time(), **where, **more})
    descriptor = os.open(settings["timeline"], os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    os.write(descriptor, f"{line}\n".encode())
    os.close(descriptor)


def place_of(checkpoint):
    """`…/NODE/KEY/…`: mergesweep's work folders, and those that the other systems are given."""
    folder = os.path.dirname(checkpoint)
    return {
        "node": os.path.basename(os.path.dirname(folder)),
        "key": os.path.basename(folder),
        "slot": os.environ.get("CUDA_VISIBLE_DEVICES", ""),
    }


def work(seconds, activity):
    """With a progress bar in eighths, as the programs have one."""
    for step in range(8):
        print(f"\r{activity}:  {step * 12}%|  | {step}/8 [", end="", file=sys.stderr, flush=True)
        time.sleep(seconds / 8)


def merge(settings, arguments):
    config_path, out = [argument for argument in arguments if not argument.startswith("--")]
    with open(config_path) as file:
        config = file.read()
    # `KEY/attempt-1/checkpoint.partial` of mergesweep's, `KEY/checkpoint` of the others.
    folder = os.path.dirname(out)
    is_attempt = os.path.basename(folder).startswith("attempt-")
    where = place_of(folder if is_attempt else out)
    is_timed = not is_baseline(config)
    if is_timed:
        tell(settings, "merge", "start", where)
        work(settings["mergeSeconds"], "Executing graph")
    os.makedirs(out)
    for name in os.listdir(settings["base"]):
        with open(os.path.join(settings["base"], name), "rb") as source:
            data = source.read()
        with open(os.path.join(out, name), "wb") as target:
            target.write(data)
    with open(os.path.join(out, "merge.yaml"), "w") as file:
        file.write(config)
    if is_timed:
        tell(settings, "merge", "end", where)


def evaluate(settings, arguments):
    flags = dict(a[2:].split("=", 1) for a in arguments if a.startswith("--") and "=" in a)
    model = json.loads(arguments[arguments.index("--model_args") + 1])["pretrained"]
    config_path = os.path.join(model, "merge.yaml")
    config = None
    if os.path.exists(config_path):
        with open(config_path) as file:
            config = file.read()
    accuracies = [0.3] * PARENTS if config is None else true_accuracies(config, settings["seed"])
    name = os.path.basename(model) if config is None else config
    counts = measured_counts(accuracies, name, settings["seed"])
    is_timed = config is not None and not is_baseline(config)
    where = place_of(model)
    number = take_number(settings, where["key"]) if is_timed else 0
    if is_timed:
        tell(settings, "evaluate", "start", where, number=number)
        work(duration(settings, number), "Running generate_until requests")
    write_results(os.path.join(flags["output_path"], "model"), flags["tasks"].split(","), counts)
    if is_timed:
        score = {"true": sum(accuracies) / PARENTS, "measured": sum(counts) / (PARENTS * DOCUMENTS)}
        tell(settings, "evaluate", "end", where, number=number, **score)


def write_results(folder, tasks, counts):
    os.makedirs(folder)
    keys = ("results", "higher_is_better", "n-samples", "versions", "task_hashes", "group_subtasks")
    results = {key: {} for key in keys}
    for task, right in zip(tasks, counts, strict=True):
        value = right / DOCUMENTS
        error = math.sqrt(max(value * (1 - value), 0.001) / DOCUMENTS)
        names = ("exact_match", "acc")
        results["results"][task] = {"alias": task}
        for metric in names:
            results["results"][task][f"{metric},none"] = value
            results["results"][task][f"{metric}_stderr,none"] = error
        results["higher_is_better"][task] = dict.fromkeys(names, True)
        results["n-samples"][task] = {"original": DOCUMENTS, "effective": DOCUMENTS}
        results["versions"][task] = 1.0
        results["task_hashes"][task] = f"{zlib.crc32(task.encode()):064x}"
        with open(os.path.join(folder, f"samples_{task}_{STAMP}.jsonl"), "w") as file:
            for doc in range(DOCUMENTS):
                hit = 1.0 if doc < right else 0.0
                file.write(
                    f'{{"doc_id": {doc}, "doc_hash": "h{doc}", "filter": "none", '
                    f'"exact_match": {hit}, "acc": {hit}}}\n'
                )
    with open(os.path.join(folder, f"results_{STAMP}.json"), "w") as file:
        json.dump(results, file)


with open(sys.argv[1]) as settings_file:
    SETTINGS = json.load(settings_file)
if sys.argv[2] == "merge":
    merge(SETTINGS, sys.argv[3:])
else:
    evaluate(SETTINGS, sys.argv[3:])
times = os.times()
with open(SETTINGS["cpu"], "a") as cpu_file:
    cpu_file.write(f"{times.user + times.system}\n")
