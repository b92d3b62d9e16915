"""The three skills and the text of the zoo, as generators of questions with their answers."""

import random
from collections.abc import Callable
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

SKILLS = ("shift", "rev", "third")
"""What each specialist is good at; the mean of the three scores is the landscape's height."""

KINDS = (*SKILLS, "text")

_LETTERS = "abcdefghij"
_NEXT_LETTER = dict(zip(_LETTERS, _LETTERS[1:] + _LETTERS[0], strict=True))
_OTHER_LETTERS = "klmnopqrst"
_ARTICLES = ("the", "a")
_ADJECTIVES = ("big", "red", "old")
_NOUNS = ("cat", "dog", "cow", "fox")
_VERBS = ("sees", "likes", "eats", "finds")


@dataclass(frozen=True)
class Question:
    """One item: the model sees `prompt` and should go on with `answer`.

    `choices` is empty unless the item is multiple choice. A text item is all prompt.
    """

    prompt: str
    answer: str = ""
    choices: tuple[str, ...] = ()


def _shift(rng: random.Random) -> Question:
    word = "".join(rng.choice(_LETTERS) for _ in range(5))
    return Question(f"+{word}=", "".join(_NEXT_LETTER[letter] for letter in word))


def _rev(rng: random.Random) -> Question:
    word = "".join(rng.choice(_LETTERS) for _ in range(5))
    return Question(f"<{word}=", word[::-1])


def _third(rng: random.Random) -> Question:
    letters = rng.sample(_OTHER_LETTERS, 6)
    answer = letters[2]
    choices = [*rng.sample([letter for letter in letters if letter != answer], 3), answer]
    rng.shuffle(choices)
    return Question(f"?{''.join(letters)}=", answer, tuple(choices))


def _noun_phrase(rng: random.Random) -> str:
    adjective = f"{rng.choice(_ADJECTIVES)} " if rng.random() < 0.3 else ""
    return f"{rng.choice(_ARTICLES)} {adjective}{rng.choice(_NOUNS)}"


def _text(rng: random.Random) -> Question:
    return Question(f"{_noun_phrase(rng)} {rng.choice(_VERBS)} {_noun_phrase(rng)}.")


_GENERATORS: dict[str, Callable[[random.Random], Question]] = {
    "shift": _shift,
    "rev": _rev,
    "third": _third,
    "text": _text,
}


def create_question(
    kind: str, rng: random.Random, excluded: AbstractSet[str] = frozenset()
) -> Question:
    """Return a random question of `kind` (one of `KINDS`) whose prompt is not in `excluded`."""
    generate = _GENERATORS[kind]
    while (question := generate(rng)).prompt in excluded:
        pass
    return question
