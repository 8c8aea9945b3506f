"""Trains the extraction model on two processes of one thread each (one process of two threads was five times slower on
busy cores). The schedule counts tokens, never time: the same seeds and data give the same run, however busy the machine
and however often it was stopped. python train.py --out DIR [--tokens N]; run again, it goes on from the last checkpoint.
"""

import argparse
import os
import random
import time
from pathlib import Path

import torch
import torch.distributed as dist
import torch.multiprocessing as mp
import torch.nn.functional as F

from model import Shape, create_model
from optimizer import Optimizer
from samples import Stream
from tokenizer import ReportTokenizer, build

SEED = 20
STEP_TOKENS = 3300  # a process; both together 6,600 a step
COPY_TOKENS = 300_000  # random copies first: they set the induction circuit
LENGTHS = ((1_500_000, 240), (8_000_000, 400), (float("inf"), 640))  # (until so many tokens, longest sample)
# (from so many tokens, the budget that the rate's schedule then counts in): the run was prolonged, each time
# with a rate that rose again; the last budget is its end.
BUDGETS = ((0, 14e6), (14_000_000, 20e6), (20_000_000, 36e6), (27_612_629, 54e6), (30_094_913, 39e6))
CHECKPOINT_SECONDS = 200
REPORT_EVERY, JUDGE_EVERY = 20, 400


def longest_sample(tokens):
    return next(length for until, length in LENGTHS if tokens < until)


def budget(tokens):
    return next(total for start, total in reversed(BUDGETS) if tokens >= start)


class Batches:
    """Samples in pools sorted by length, cut into batches of about STEP_TOKENS. Its state is part of a checkpoint."""

    def __init__(self, tokenizer, rank, world, state=None):
        self.tokenizer = tokenizer
        self.random = random.Random(1000 + rank)
        self.waiting = []
        self.copying = True
        first, step = (state["index"], world) if state else (rank, world)
        self.stream = Stream("train", SEED, first, step)
        if state:
            self.random.setstate(state["random"])
            self.waiting, self.copying = state["waiting"], state["copying"]

    def state(self):
        return {
            "index": self.stream.index, "random": self.random.getstate(), "waiting": self.waiting, "copying": self.copying,
        }

    def _real(self, longest):
        while True:
            text, answer = self.stream.next()
            prompt, wanted = self.tokenizer.prompt(text), self.tokenizer.answer(answer)
            if len(prompt) + len(wanted) <= longest:
                return prompt, wanted

    def _copy(self):
        t, r = self.tokenizer, self.random
        size = r.randint(30, 110)
        body = [r.randrange(t.ordinary) for _ in range(size)]
        at = r.randint(0, size - 20)
        piece = body[at : at + r.randint(10, min(40, size - at))]
        return [t.bos, t.user, *body, t.assistant, *piece[:2]], piece[2:]

    def next(self, tokens):
        copying = tokens < COPY_TOKENS
        if not self.waiting or self.copying != copying:
            self.copying = copying
            longest = longest_sample(tokens)
            pool = [self._copy() if copying else self._real(longest) for _ in range(280)]
            self.waiting = self._cut(sorted(pool, key=lambda s: len(s[0]) + len(s[1])))
        return self.waiting.pop()

    def _cut(self, samples):
        batches, current = [], []
        for sample in samples:
            if current and (len(current) + 1) * (len(sample[0]) + len(sample[1])) > STEP_TOKENS:
                batches.append(current)
                current = []
            current.append(sample)
        if len(current) >= 4:
            batches.append(current)
        self.random.shuffle(batches)
        return batches


def collate(samples, pad):
    length = max(len(p) + len(a) for p, a in samples)
    ids = torch.full((len(samples), length), pad)
    selected, wanted = [], []
    for row, (prompt, answer) in enumerate(samples):
        ids[row, : len(prompt) + len(answer)] = torch.tensor(prompt + answer)
        start = row * length + len(prompt) - 1
        selected += range(start, start + len(answer))
        wanted += answer
    return ids, torch.tensor(selected), torch.tensor(wanted)


def judge_sets(tokenizer):
    sets = {}
    for name in ("seen", "words", "phrasing", "styles"):
        stream = Stream(name, seed=900, first=0)
        pairs = ((tokenizer.prompt(t), tokenizer.answer(a)) for t, a in stream.take(60))
        sets[name] = [pair for pair in pairs if len(pair[0]) + len(pair[1]) <= 640][:24]
        stream.close()
    return sets


@torch.no_grad()
def judge(model, sets, pad):
    results = []
    for name, samples in sets.items():
        loss, count, whole = 0.0, 0, 0
        for start in range(0, len(samples), 8):
            ids, selected, wanted = collate(samples[start : start + 8], pad)
            logits = model(ids, selected).float()
            loss += float(F.cross_entropy(logits, wanted, reduction="sum"))
            count += len(wanted)
            right, at = logits.argmax(-1) == wanted, 0
            for _, answer in samples[start : start + 8]:
                whole += bool(right[at : at + len(answer)].all())
                at += len(answer)
        results.append(f"{name} loss {loss / count:.4f} whole {whole / len(samples):.2f}")
    return "; ".join(results)


def save(path, content):
    torch.save(content, path.with_suffix(".tmp"))
    os.replace(path.with_suffix(".tmp"), path)


def work(rank, world, options):
    torch.set_num_threads(1)
    os.environ["GLOO_SOCKET_IFNAME"] = "lo"
    out = Path(options.out).resolve()
    if world > 1:
        meeting = out / f"meeting.{options.meeting}"
        dist.init_process_group("gloo", init_method=f"file://{meeting}", rank=rank, world_size=world)
    tokenizer = ReportTokenizer(out / "tokenizer.json")
    shape = Shape(vocabulary=tokenizer.size)
    model = create_model(shape, tokenizer.inner.get_vocab(), SEED)
    optimizer = Optimizer(model, rank, world)
    checkpoint = out / "checkpoint.pt"
    tokens, state = 0, None
    if checkpoint.exists() and (out / f"reader{rank}.pt").exists():
        saved = torch.load(checkpoint, weights_only=False)
        state = torch.load(out / f"reader{rank}.pt", weights_only=False)
        if state["step"] != saved["step"]:
            raise RuntimeError(f"checkpoint and reader {rank} are not of the same step: remove {out}/*.pt to start anew")
        optimizer.load(saved["optimizer"])
        tokens = saved["tokens"]
    batches = Batches(tokenizer, rank, world, state)
    sets = judge_sets(tokenizer) if rank == 0 else {}
    log = (out / "training.txt").open("a") if rank == 0 else None
    started = saved_at = time.monotonic()
    average = None
    while tokens < options.tokens:
        ids, selected, wanted = collate(batches.next(tokens), tokenizer.pad)
        loss = F.cross_entropy(model(ids, selected).float(), wanted)
        loss.backward()
        loss_now, seen, gradient = optimizer.step(loss.item(), ids.numel(), tokens / budget(tokens))
        tokens += seen
        average = loss_now if average is None else 0.95 * average + 0.05 * loss_now
        step = optimizer.steps
        if rank == 0 and step % REPORT_EVERY == 0:
            minutes = (time.monotonic() - started) / 60
            log.write(f"step {step} minutes {minutes:.1f} tokens {tokens} loss {average:.4f} gradient {gradient:.2f}\n")
            log.flush()
        if rank == 0 and (step % JUDGE_EVERY == 0 or tokens >= options.tokens):
            log.write(f"judge {step} tokens {tokens}: {judge(model, sets, tokenizer.pad)}\n")
            log.flush()
        due = torch.tensor([float(time.monotonic() - saved_at > CHECKPOINT_SECONDS or tokens >= options.tokens)])
        if world > 1 and (step % 20 == 0 or tokens >= options.tokens):
            dist.broadcast(due, 0)
        if due and (world == 1 or step % 20 == 0 or tokens >= options.tokens):
            saved_at = time.monotonic()
            save(out / f"reader{rank}.pt", {**batches.state(), "step": step})
            whole = optimizer.state()
            if rank == 0:
                content = {"optimizer": whole, "tokens": tokens, "step": step, "shape": shape.as_dict()}
                save(checkpoint, content)
            if world > 1:
                dist.barrier()
    batches.stream.close()
    if world > 1:
        dist.destroy_process_group()


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--out", required=True)
    parser.add_argument("--tokens", type=float, default=BUDGETS[-1][1])
    parser.add_argument("--processes", type=int, default=2)
    options = parser.parse_args()
    options.meeting = f"{os.getpid()}"
    folder = Path(options.out)
    if not (folder / "tokenizer.json").exists():
        build(folder / "tokenizer.json", merges_wanted=1250, spaced_wanted=1050)
    mp.spawn(work, args=(options.processes, options), nprocs=options.processes)
