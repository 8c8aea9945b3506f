"""Reads reports from the TypeScript generator through a pipe. One sample is (text, answer)."""

import json
import os
import shlex
import subprocess
from pathlib import Path

CASE = Path(__file__).resolve().parent.parent
NODE = shlex.split(os.environ.get("NODE_COMMAND", "npx node"))


class Stream:
    """The samples first, first + step, ... of a seed; `index` is the next one, so that a run can be resumed there."""

    def __init__(self, name: str, seed: int, first: int, step: int = 1):
        self.index, self.step = first, step
        command = [*NODE, str(CASE / "generate" / "stream.ts")]
        command += ["--set", name, "--seed", str(seed), "--from", str(first), "--step", str(step)]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, cwd=CASE)

    def next(self):
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError("the generator ended")
        self.index += self.step
        return json.loads(line)

    def take(self, count: int):
        return [self.next() for _ in range(count)]

    def close(self):
        self.process.stdout.close()
        self.process.terminate()
        self.process.wait()
