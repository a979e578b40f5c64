"""Rows drawn from classic networks, with hidden nodes or missing cells, and starts; kept under target/bench-data."""

import importlib.util
import json
import sys
from pathlib import Path

import numpy as np

from data import FOLDER, ROOT

sys.path.insert(0, str(ROOT / "oracles" / "networks"))
from reference_em import blurred, read_bif, sample, write_network  # noqa: E402

# Inner nodes whose tables overlap: neighbours of one another or with common children.
HIDDEN = {
    "alarm": ("LVEDVOLUME", "HYPOVOLEMIA", "SHUNT"),
    "hailfinder": ("AreaMeso_ALS", "CldShadeOth", "InsInMt"),
    "win95pts": ("AppData", "PrtDataOut", "GrbldOtpt"),
    "child": ("Disease", "LungParench"),
    "hepar2": ("Steatosis", "Cirrhosis", "THepatitis"),
}


def network(name):
    """A network of the bnlearn repository as the pgmpy wheel ships it; pgmpy itself is not imported."""
    wheel = Path(importlib.util.find_spec("pgmpy").submodule_search_locations[0])
    return read_bif(wheel / "utils" / "example_models" / f"{name}.bif.gz")


def start(name, seed=7):
    """The start all take: half the network's own tables, half a random draw, so that no entry is zero."""
    path = FOLDER / f"network-{name}.start.json"
    if not path.exists():
        write_network(path, blurred(network(name), np.random.default_rng(seed)))
    return path


def read_start(path):
    """{name: (states, parents, table [parents…, states])} of a network JSON."""
    listed = json.loads(Path(path).read_text())["nodes"]
    size = {n["name"]: len(n["states"]) for n in listed}
    return {n["name"]: (n["states"], n["parents"], np.array(n["table"]).reshape([size[v] for v in [*n["parents"], n["name"]]]))
            for n in listed}


def rows(name, n, hidden, missing, seed=8):
    """A CSV of n rows without the hidden columns, and the codes of all nodes beside it (.npy, -1 where unseen)."""
    path = FOLDER / f"network-{name}-{n}-{len(hidden)}-{missing}.csv"
    if not path.exists():
        nodes, rng = network(name), np.random.default_rng(seed)
        codes = sample(nodes, n, rng)
        codes[rng.random(codes.shape) < missing] = -1
        for v in hidden:
            codes[:, list(nodes).index(v)] = -1
        kept = [(i, v) for i, v in enumerate(nodes) if v not in hidden]
        lines = [",".join(v for _, v in kept)]
        lines += [",".join(nodes[v][0][row[i]] if row[i] >= 0 else "" for i, v in kept) for row in codes]
        np.save(path.with_suffix(".npy"), codes)
        path.write_text("\n".join(lines) + "\n")
    return path


def streamed(name, n, hidden, missing, seed=9):
    """The same as Parquet, drawn and written row group by row group."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    path = FOLDER / f"network-{name}-{n}-{len(hidden)}-{missing}.parquet"
    if not path.exists():
        nodes, rng, partial, group = network(name), np.random.default_rng(seed), path.with_suffix(".partial"), 1 << 17
        kept = [(i, v) for i, v in enumerate(nodes) if v not in hidden]
        schema = pa.schema([(v, pa.string()) for _, v in kept])
        with pq.ParquetWriter(partial, schema) as writer:
            for begin in range(0, n, group):
                codes = sample(nodes, min(group, n - begin), rng)
                empty = rng.random(codes.shape, dtype=np.float32) < missing
                columns = [pa.DictionaryArray.from_arrays(pa.array(codes[:, i], mask=empty[:, i]), pa.array(nodes[v][0])).cast(pa.string())
                           for i, v in kept]
                writer.write_table(pa.table(columns, schema=schema), row_group_size=group)
        partial.rename(path)
    return path
