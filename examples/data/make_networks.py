"""Draws asia.csv and alarm.csv from their networks, with nodes left out and cells emptied; needs numpy."""

import sys
from pathlib import Path

import numpy as np

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent.parent / "oracles" / "networks"))
from reference_em import read_bif, sample  # noqa: E402


def draw(name, rows, left_out, missing, seed):
    rng = np.random.default_rng(seed)
    nodes = read_bif(HERE.parent / "networks" / f"{name}.bif")
    codes = sample(nodes, rows, rng)
    codes[rng.random(codes.shape) < missing] = -1
    kept = [(i, v) for i, v in enumerate(nodes) if v not in left_out]
    lines = [",".join(v for _, v in kept)]
    lines += [",".join(nodes[v][0][row[i]] if row[i] >= 0 else "" for i, v in kept) for row in codes]
    (HERE / f"{name}.csv").write_text("\n".join(lines) + "\n")


draw("asia", 500, {"either"}, 0.05, 1)
draw("alarm", 700, {"LVEDVOLUME", "HYPOVOLEMIA", "SHUNT"}, 0.03, 2)
