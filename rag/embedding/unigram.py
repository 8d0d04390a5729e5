"""Text -> token ids of the encoder's unigram vocabulary."""

from __future__ import annotations

from collections.abc import Sequence

from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers, processors

from rag.embedding.e5_weights import Packed


class UnigramTokenizer:
    """The unigram tokenizer: texts -> token ids between ``<s>`` and ``</s>``, not truncated.

    It normalises with the file's own map of single characters. NFKC would differ: it also joins a letter and its
    combining accent, and turns the full-width ～ of "3～5年" into ~. Adjacent characters that are not in the vocabulary
    become one unknown token, as in SentencePiece.
    """

    def __init__(self, packed: Packed) -> None:
        self._normal = str.maketrans(packed.normal)
        self._model = Tokenizer(models.Unigram(list(packed.pieces), packed.unk, False))
        self._model.normalizer = normalizers.Replace(Regex(" {2,}"), " ")
        self._model.pre_tokenizer = pre_tokenizers.Metaspace(replacement="▁", prepend_scheme="always")
        bos, eos = packed.pieces[packed.bos][0], packed.pieces[packed.eos][0]
        self._model.post_processor = processors.TemplateProcessing(
            single=f"{bos} $A {eos}", special_tokens=[(bos, packed.bos), (eos, packed.eos)]
        )

    def encode_batch(self, texts: Sequence[str]) -> list[list[int]]:
        """Return the token ids of each text."""
        return [e.ids for e in self._model.encode_batch_fast([text.translate(self._normal) for text in texts])]

    def encode_with_places(self, texts: Sequence[str]) -> list[tuple[list[int], list[tuple[int, int]]]]:
        """Return of each text its token ids, without ``<s>`` and ``</s>``, and the ``text[start:end]`` of each token."""
        normal, places = [], []
        for text in texts:
            forms = [self._normal.get(ord(char), char) for char in text]
            normal.append("".join(forms))
            places.append([i for i, form in enumerate(forms) for _ in form])
        found = []
        for place, encoded in zip(places, self._model.encode_batch(normal, add_special_tokens=False), strict=True):
            spans = [(place[a], place[b - 1] + 1) if b > a else (0, 0) for a, b in encoded.offsets]
            found.append((encoded.ids, spans))
        return found
