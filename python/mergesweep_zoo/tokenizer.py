"""The zoo's tokenizer: one token a character, so that any text of the tasks is exact and short."""

from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers
from transformers import PreTrainedTokenizerFast

PAD = "<pad>"
EOS = "<eos>"
CHARACTERS = "\n 0123456789abcdefghijklmnopqrstuvwxyz+<>?=,:."
VOCABULARY = {token: index for index, token in enumerate([PAD, EOS, *CHARACTERS])}
MAX_LENGTH = 64


def encode(text: str) -> list[int]:
    """Return the token ids of `text`, as the saved tokenizer does but without loading it.

    Raises:
        KeyError: if a character is not in the vocabulary.
    """
    return [VOCABULARY[character] for character in text]


def create_tokenizer() -> PreTrainedTokenizerFast:
    """Return the tokenizer that is saved beside each model."""
    tokenizer = Tokenizer(models.WordLevel(VOCABULARY, unk_token=PAD))
    tokenizer.pre_tokenizer = pre_tokenizers.Split(Regex(r"[\s\S]"), "isolated")
    tokenizer.decoder = decoders.Fuse()
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        pad_token=PAD,
        eos_token=EOS,
        clean_up_tokenization_spaces=False,
        model_max_length=MAX_LENGTH,
    )
