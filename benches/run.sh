#!/bin/sh
# benches/run.sh [quick|full] [case…]: natgrad beside its peers on the same data, start and number of iterations.
# NATGRAD=PATH takes another binary, PYTHON=PATH another Python (3.10 or later).
set -eu
cd "$(dirname "$0")/.."
venv=.venv-bench
[ -x "$venv/bin/python" ] || "${PYTHON:-python3}" -m venv "$venv"
"$venv/bin/python" -c 'import numpy, pyarrow, sklearn, stepmix' 2>/dev/null ||
    "$venv/bin/pip" install --quiet -r benches/requirements.txt
cargo build --release --quiet -p natgrad-cli
cargo build --release --quiet -p natgrad --example throughput
if [ -z "${NATGRAD:-}" ]; then
    NATGRAD=target/release/natgrad
    if ! "$NATGRAD" fit --help 2>/dev/null | grep -q max-iterations; then
        echo "natgrad has no fit command in this checkout: timing the library through benches/driver" >&2
        CARGO_TARGET_DIR=target cargo build --release --quiet --manifest-path benches/driver/Cargo.toml
        NATGRAD=target/release/bench-driver
    fi
fi
export NATGRAD
exec "$venv/bin/python" benches/bench.py "$@"
