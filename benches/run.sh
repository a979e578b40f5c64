#!/bin/sh
# benches/run.sh [quick|full] [case…]: natgrad beside its peers on the same data, start and number of iterations.
# NATGRAD=PATH takes another binary, PYTHON=PATH another Python (3.10 or later), TORCH=1 measures pomegranate too (3 GB).
set -eu
cd "$(dirname "$0")/.."
venv=.venv-bench
[ -x "$venv/bin/python" ] || "${PYTHON:-python3}" -m venv "$venv"
"$venv/bin/python" -c 'import numpy, pyarrow, sklearn, stepmix, pyagrum' 2>/dev/null ||
    "$venv/bin/pip" install --quiet -r benches/requirements.txt
if [ -n "${TORCH:-}" ]; then "$venv/bin/pip" install --quiet -r benches/requirements-torch.txt; fi
cargo build --release --quiet -p natgrad-cli
cargo build --release --quiet -p natgrad --example throughput
cargo build --release --quiet -p natgrad-io --example factor_speed
export NATGRAD="${NATGRAD:-${CARGO_TARGET_DIR:-target}/release/natgrad}"
exec "$venv/bin/python" benches/bench.py "$@"
