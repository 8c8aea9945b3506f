#!/bin/sh
# Makes control-plane/models/clinical-extraction.gguf anew from the word lists, the phrases and the seeds: installs the
# pinned Python packages in a virtual environment under .cache, builds the tokenizer, trains, exports.
# Stopped half-way, it goes on from its last checkpoint. Usage: sh docs/cases/clinical-extraction/reproduce.sh
set -eu
cd "$(dirname "$0")/../../.."
case=docs/cases/clinical-extraction
cache=.cache/clinical-extraction
mkdir -p "$cache/reproduced"
[ -x "$cache/venv/bin/python" ] || python3 -m venv "$cache/venv"
"$cache/venv/bin/pip" install --quiet --requirement "$case/training/requirements.txt"
"$cache/venv/bin/python" "$case/training/train.py" --out "$cache/reproduced"
"$cache/venv/bin/python" "$case/training/export.py" "$cache/reproduced" "$cache/reproduced/clinical-extraction.gguf"
sha256sum "$cache/reproduced/clinical-extraction.gguf" control-plane/models/clinical-extraction.gguf
