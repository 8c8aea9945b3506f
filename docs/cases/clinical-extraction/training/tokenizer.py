"""The tokenizer: byte-level BPE whose "space + piece" merges come last, so that a word is cut alike inside a text and
after a quote (copying depends on it); the scaffold of the answer and the beginnings of surrogates are single tokens."""

import json
import re
import sys
from collections import Counter
from pathlib import Path

import regex
from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers, trainers

from samples import Stream

CONTROL = ["<s>", "</s>", "<|user|>", "<|assistant|>", "<|pad|>"]
SCAFFOLD = [
    '{"patient":', ',"date_naissance":', ',"medecin":', ',"age":', ',"sexe":', ',"motif":', ',"antecedents":[',
    '],"constats":[', '],"traitements":[', '],"sortie":', '{"medicament":"', ',"dose":', ',"frequence":', '","', "null",
    '"M"', '"F"',
]
LABELS = (
    "PERSON LOCATION ORGANIZATION ADDRESS DATE_OF_BIRTH EMAIL PHONE IBAN CARD IP URL SECRET PLATE "
    "FR_NIR FR_SIREN FR_SIRET FR_VAT FR_TAX FR_RPPS"
).split()
SURROGATES = [f"<{label}_" for label in LABELS]
WORDS = regex.compile(r"\p{L}+|[^\s\p{L}\p{N}]+")


def count_words(samples):
    counts = Counter()
    for text, _ in samples:
        counts.update(WORDS.findall(re.sub(r"<[A-Z_]+_\d+[a-z]*(:\w+)?>", " ", text)))
    return counts


def build(path: Path, merges_wanted: int, spaced_wanted: int):
    stream = Stream("train", seed=7, first=0)
    counts = count_words(stream.take(14000))
    stream.close()
    plain = Tokenizer(models.BPE())
    plain.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    words = [word for word, n in counts.items() for _ in range(min(n, 300))]
    trainer = trainers.BpeTrainer(
        vocab_size=256 + merges_wanted, initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()), special_tokens=[],
        max_token_length=12, show_progress=False, min_frequency=6,
    )
    plain.train_from_iterator(words, trainer)
    model = json.loads(plain.to_str())["model"]
    vocabulary = model["vocab"]
    merges = [tuple(m) if isinstance(m, list) else tuple(m.split(" ")) for m in model["merges"]]

    cutter = Tokenizer(models.BPE(vocab=vocabulary, merges=merges))
    cutter.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=True)
    openings = Counter()
    for word, n in counts.items():
        openings[cutter.encode(word).tokens[0]] += n
    spaced = [piece for piece, n in openings.most_common() if n >= 8][:spaced_wanted] + list("0123456789")
    for piece in dict.fromkeys(spaced):
        merges.append(("Ġ", piece))
        vocabulary["Ġ" + piece] = len(vocabulary)

    final = Tokenizer(models.BPE(vocab=vocabulary, merges=merges))
    final.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=True)
    final.decoder = decoders.ByteLevel()
    final.add_special_tokens([AddedToken(token, special=True, normalized=False) for token in CONTROL])
    final.add_tokens([AddedToken(token, special=False, normalized=False) for token in SCAFFOLD + SURROGATES])
    path.parent.mkdir(parents=True, exist_ok=True)
    final.save(str(path))
    return final.get_vocab_size()


class ReportTokenizer:
    def __init__(self, path: Path):
        self.inner = Tokenizer.from_file(str(path))
        self.id = self.inner.token_to_id
        self.bos, self.eos, self.user, self.assistant, self.pad = (self.id(token) for token in CONTROL)
        self.quote = self.id('"')
        self.size = self.inner.get_vocab_size()
        self.ordinary = self.size - len(CONTROL) - len(SCAFFOLD) - len(SURROGATES)

    def encode(self, text):
        # Control tokens of a report stay text: an added token is only special where the template writes it.
        return self.inner.encode(text).ids

    def prompt(self, text):
        return [self.bos, self.user, *self.encode(text), self.assistant]

    def _string(self, value):
        body = json.dumps(value, ensure_ascii=False)[1:-1] if value is not None else None
        return [self.id("null")] if body is None else [self.quote, *self.encode(body), self.quote]

    def _items(self, values):
        ids = []
        for i, value in enumerate(values):
            ids += [self.id('","') if i else self.quote, *self.encode(json.dumps(value, ensure_ascii=False)[1:-1])]
        return [*ids, self.quote] if values else []

    def _drug(self, drug):
        name = self.encode(json.dumps(drug["medicament"], ensure_ascii=False)[1:-1])
        ids = [self.id('{"medicament":"'), *name, self.quote, self.id(',"dose":'), *self._string(drug["dose"])]
        return [*ids, self.id(',"frequence":'), *self._string(drug["frequence"]), self.id("}")]

    def answer(self, a):
        ids = [self.id('{"patient":'), *self._string(a["patient"])]
        ids += [self.id(',"date_naissance":'), *self._string(a["date_naissance"])]
        ids += [self.id(',"medecin":'), *self._string(a["medecin"]), self.id(',"age":')]
        ids += self.encode(str(a["age"])) if a["age"] is not None else [self.id("null")]
        ids += [self.id(',"sexe":'), self.id(f'"{a["sexe"]}"' if a["sexe"] else "null")]
        ids += [self.id(',"motif":'), *self._string(a["motif"]), self.id(',"antecedents":[')]
        ids += [*self._items(a["antecedents"]), self.id('],"constats":['), *self._items(a["constats"])]
        ids += [self.id('],"traitements":[')]
        for i, drug in enumerate(a["traitements"]):
            ids += ([self.id(",")] if i else []) + self._drug(drug)
        return [*ids, self.id('],"sortie":'), *self._string(a["sortie"]), self.id("}"), self.eos]


if __name__ == "__main__":
    target = Path(sys.argv[1])
    print("vocabulary", build(target, merges_wanted=1250, spaced_wanted=1050))
    tokenizer = ReportTokenizer(target)
    stream = Stream("train", seed=5, first=0)
    lengths = sorted((len(tokenizer.prompt(t)), len(tokenizer.answer(a))) for t, a in stream.take(3000))
    stream.close()
    total = sorted(p + a for p, a in lengths)
    print("mean prompt", sum(p for p, _ in lengths) / 3000, "answer", sum(a for _, a in lengths) / 3000)
    print("total p50", total[1500], "p90", total[2700], "p99", total[2970], "max", total[-1])
