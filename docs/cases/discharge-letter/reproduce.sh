#!/bin/sh
# Makes control-plane/models/discharge-letter.gguf anew for the base model that lies beside it, and prints the table: run
# it whenever clinical-extraction.gguf was replaced, an adapter is worth nothing on other weights than its own. Minutes on
# one thread. The packages are those of the base model. Usage: sh docs/cases/discharge-letter/reproduce.sh [PYTHON]
set -eu
cd "$(dirname "$0")/../../.."
case=docs/cases/discharge-letter
models=control-plane/models
python=${1:-.cache/clinical-extraction/venv/bin/python}
if [ ! -x "$python" ]; then
  python3 -m venv .cache/clinical-extraction/venv
  .cache/clinical-extraction/venv/bin/pip install --quiet --requirement docs/cases/clinical-extraction/training/requirements.txt
fi
"$python" -B "$case/training/adapt.py" "$models/clinical-extraction.gguf" "$models/discharge-letter.gguf"
(cd "$models" && sha256sum clinical-extraction.gguf clinical-extraction.schema.json discharge-letter.gguf > SHA256SUMS)
npx node "$case/evaluate/evaluate.ts"
