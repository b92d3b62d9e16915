"""lm-eval's tasks with their requests built once, to be scored again and again on other weights."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, cast

from lm_eval.tasks import TaskManager

from mergesweep_warm.prompting import Call, Prompting

Documents = Mapping[str, Sequence[int]]
"""By leaf task, ascending ids of the documents to score."""


class TaskSet:
    """The tasks of one call of lm_eval."""

    def __init__(
        self,
        manager: TaskManager,
        lm: Any,  # noqa: ANN401 - lm-eval is untyped
        call: Call,
        prompting: Prompting,
    ) -> None:
        """Load the tasks and build all their requests, as simple_evaluate() does it."""
        num_fewshot, limit = call.num_fewshot, call.limit
        prompt = prompting.prompt
        self.loaded: dict[str, Any] = manager.load(list(call.names))
        self._all: dict[str, tuple[list[Any], list[tuple[int, Any]]]] = {}
        template = prompt["apply_chat_template"]
        for name, task in self.loaded["tasks"].items():
            own = task.get_config("num_fewshot")
            # A task that says 0 means it: lm-eval never overrides that.
            if own is None or (num_fewshot is not None and own != 0):
                task.set_config(key="num_fewshot", value=num_fewshot or 0)
            task.set_fewshot_seed(seed=prompting.seeds[3])
            task.build_all_requests(
                limit=limit,
                rank=0,
                world_size=1,
                system_instruction=prompt["system_instruction"],
                apply_chat_template=bool(template),
                fewshot_as_multiturn=prompt["fewshot_as_multiturn"],
                chat_template=lm.apply_chat_template if template else None,
                tokenizer_name=lm.tokenizer_name if template else "",
            )
            documents = list(task.doc_iterator(rank=0, limit=limit, world_size=1))
            self._all[name] = (list(task.instances), documents)
            # evaluate() builds and lists anew on each call: it gets what is there.
            task.build_all_requests = _do_nothing

    def choose(self, chosen: Documents | None) -> int:
        """Make the next evaluation score these documents, or all; return the number of requests.

        Ids are the true ones, whatever is chosen: lm-eval's own `--samples` numbers them anew.
        """
        requests = 0
        for name, task in self.loaded["tasks"].items():
            instances, documents = self._all[name]
            if chosen is not None:
                ids = set(chosen[name])
                instances = [one for one in instances if one.doc_id in ids]
                documents = [(id_, doc) for id_, doc in documents if id_ in ids]
                if len(documents) != len(ids):
                    raise ValueError(
                        f"Expected documents of {name} below {len(self._all[name][1])}, "
                        f"got {max(ids, default=-1)}"
                    )
            for instance in instances:
                instance.resps, instance.filtered_resps = [], {}
            task._instances = instances  # noqa: SLF001 - as lm-eval's evaluate() does
            task.doc_iterator = _Listed(documents)
            requests += len(instances)
        return requests

    def forget(self) -> None:
        """Let the answers of the last evaluation go."""
        for instances, _ in self._all.values():
            for instance in instances:
                instance.resps, instance.filtered_resps = [], {}


class _Listed:
    """Stands in for Task.doc_iterator."""

    def __init__(self, documents: list[tuple[int, Any]]) -> None:
        self._documents = documents

    def __call__(self, **_: object) -> Iterator[tuple[int, Any]]:
        return iter(self._documents)


def _do_nothing(**_: object) -> None:
    """Stand in for Task.build_all_requests."""


def make_task_manager(
    include_path: str | None, metadata: Mapping[str, Any], *, has_defaults: bool
) -> TaskManager:
    """Index lm-eval's own tasks and those of `include_path`, or the latter alone."""
    return cast(
        "TaskManager",
        TaskManager(
            include_path=include_path, include_defaults=has_defaults, metadata=dict(metadata)
        ),
    )
