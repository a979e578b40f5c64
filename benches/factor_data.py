"""Rows with factors behind them, as .npy; made once per size from a fixed seed."""

import numpy as np

from running import RUNS


def rows(n, d, h, seed=11):
    """`n × d` normal rows of a factor model with `h` factors and uneven noise, means and units."""
    path = RUNS / f"factors-{n}x{d}-{h}.npy"
    if not path.exists():
        RUNS.mkdir(parents=True, exist_ok=True)
        rng = np.random.default_rng(seed)
        loadings = rng.normal(size=(h, d)) * rng.uniform(0.3, 1.5, size=(h, 1))
        x = rng.normal(size=(n, h)) @ loadings
        x += rng.normal(size=(n, d)) * np.sqrt(rng.uniform(0.3, 3.0, size=d))
        x += rng.normal(size=d)
        np.save(path, x)
    return path
