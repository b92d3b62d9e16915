"""Writes the eval tasks as lm-eval reads them: one YAML and one JSONL a task."""

from pathlib import Path

from mergesweep_zoo.documents import Documents, get_data_path

_SCORING = {
    "shift": """\
output_type: generate_until
doc_to_text: "{{prompt}}"
doc_to_target: "{{answer}}"
generation_kwargs:
  until: ["\\n"]
  max_gen_toks: 8
  do_sample: false
metric_list:
  - metric: exact_match
    aggregation: mean
    higher_is_better: true
""",
    "third": """\
output_type: multiple_choice
doc_to_text: "{{prompt}}"
doc_to_choice: choices
doc_to_target: label
metric_list:
  - metric: acc
    aggregation: mean
    higher_is_better: true
""",
    "text": """\
output_type: loglikelihood_rolling
doc_to_text: ""
doc_to_target: text
metric_list:
  - metric: bits_per_byte
    higher_is_better: false
  - metric: byte_perplexity
    higher_is_better: false
  - metric: word_perplexity
    higher_is_better: false
""",
}
_SCORING["rev"] = _SCORING["shift"]


def get_task_name(kind: str, split: str) -> str:
    """Return the eval task's name, as lm-eval's `--tasks` takes it."""
    return f"zoo_{kind}_{split}"


def render_task(zoo_name: str, kind: str, split: str) -> str:
    """Return the YAML of one eval task.

    The data file is named relative to the folder that holds the zoo, which has to be lm-eval's
    working directory: `datasets` resolves relative paths against it, and lm-eval 0.4.13 offers
    nothing else that works from any checkout without running code.
    """
    data_file = get_data_path(Path(zoo_name), kind, split).as_posix()
    return f"""\
task: {get_task_name(kind, split)}
dataset_path: json
dataset_kwargs:
  data_files:
    test: {data_file}  # from the working directory: run lm-eval in the folder that holds {zoo_name}
test_split: test
num_fewshot: 0
target_delimiter: ""
{_SCORING[kind]}\
metadata:
  version: 1.0
"""


def write_tasks(zoo: Path, documents: Documents) -> None:
    """Write all eval tasks under `zoo/tasks`."""
    for (kind, split), docs in documents.items():
        data_path = get_data_path(zoo, kind, split)
        data_path.parent.mkdir(parents=True, exist_ok=True)
        data_path.write_text("".join(f"{doc.to_json()}\n" for doc in docs), "utf-8")
        yaml_path = zoo / "tasks" / f"{get_task_name(kind, split)}.yaml"
        yaml_path.write_text(render_task(zoo.name, kind, split), "utf-8")
