"""`benches/geometry.py [POINTS [ROUNDS]]`: natural gradients of the three-node model, natgrad beside vectorised numpy.

The same points for both, in one run, taking turns: all three natural gradients, their pushforwards, norms, cosines and
divergences. NATGRAD_EXAMPLE names the built example (see benches/README.md).
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parent.parent
POINTS = int(sys.argv[1]) if len(sys.argv) > 1 else 50_000
ROUNDS = int(sys.argv[2]) if len(sys.argv) > 2 else 5
THREADS = 2
TARGET = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
EXAMPLE = os.environ.get("NATGRAD_EXAMPLE", str(TARGET / "release" / "examples" / "natural_gradients"))
Q = np.array([0.074, 0.0017, 0.0383, 0.0583, 0.5992, 0.0018, 0.0108, 0.2159])
Q /= Q.sum()


def points(count, seed=1, margin=1e-3):
    """Independent draws of the Riemannian volume: x ~ Beta(3/2, 3/2), the others Beta(1/2, 1/2), cut off."""
    rng = np.random.default_rng(seed)
    columns = []
    for alpha in (1.5, 0.5, 0.5, 0.5, 0.5):
        drawn = rng.beta(alpha, alpha, 2 * count)
        columns.append(drawn[(drawn >= margin) & (drawn <= 1 - margin)][:count])
    return np.stack(columns, axis=1)


def joint(theta):
    """Joint distribution and its Jacobian, N x 8 and N x 8 x 5."""
    x, y, z = theta[:, 0], theta[:, 1:3], theta[:, 3:5]
    p, jacobian = [], []
    for i in range(2):
        px, sx = (x, 1.0) if i == 0 else (1 - x, -1.0)
        for j in range(2):
            py, sy = (y[:, i], 1.0) if j == 0 else (1 - y[:, i], -1.0)
            for k in range(2):
                pz, sz = (z[:, i], 1.0) if k == 0 else (1 - z[:, i], -1.0)
                row = np.zeros_like(theta)
                row[:, 0] = sx * py * pz
                row[:, 1 + i] = sy * px * pz
                row[:, 3 + i] = sz * px * py
                p.append(px * py * pz)
                jacobian.append(row)
    return np.stack(p, axis=1), np.stack(jacobian, axis=1)


def compare(theta):
    """What `compare_many` computes."""
    p, jacobian = joint(theta)
    seen, push = p[:, :4] + p[:, 4:], jacobian[:, :4] + jacobian[:, 4:]
    q_seen = Q[:4] + Q[4:]
    c_v = np.einsum("nvj,nv->nj", push, q_seen / seen)
    c_q = np.einsum("nxj,nx->nj", jacobian, Q / p)
    diagonal = np.einsum("nxj,nx->nj", jacobian * jacobian, 1 / p)
    g_v = np.einsum("nvi,nvj->nij", push / seen[:, :, None], push)
    natural = [
        np.einsum("nij,nj->ni", np.linalg.pinv(g_v, hermitian=True, rcond=1e-12), c_v),
        c_v / diagonal,
        c_q / diagonal,
    ]
    pushed = [np.einsum("nvj,nj->nv", push, u) for u in natural]
    inner = lambda a, b: (pushed[a] * pushed[b] / seen).sum(1)
    norms = [np.sqrt(inner(a, a)) for a in range(3)]
    cosines = [inner(a, b) / (norms[a] * norms[b]) for a, b in ((2, 0), (1, 0), (2, 1))]
    divergences = (q_seen * np.log(q_seen / seen)).sum(1), (Q * np.log(Q / p)).sum(1)
    return natural, pushed, norms, cosines, divergences


def main():
    theta = points(POINTS)
    compare(theta[:1000])
    ours, ours_busy, theirs, theirs_busy = [], [], [], []
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "points.f64"
        path.write_bytes(theta.astype("<f8").tobytes())
        for _ in range(ROUNDS):
            command = [EXAMPLE, str(POINTS), "10", str(THREADS), str(path)]
            told = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
            ours += told["seconds"]
            ours_busy.append(told["processor_seconds_each"])
            start, busy = time.perf_counter(), time.process_time()
            _, _, _, cosines, _ = compare(theta)
            theirs.append(time.perf_counter() - start)
            theirs_busy.append(time.process_time() - busy)
    # pinv of a squared matrix loses digits where the visible metric is nearly singular; means do not show it.
    off = max(abs(float(c.mean()) - m) for c, m in zip(cosines, told["mean_cosines"]))
    median = lambda of: sorted(of)[len(of) // 2]
    print(f"{POINTS} points, three natural gradients with pushforwards, norms, cosines, divergences; {THREADS} threads")
    print(f"{'':10}{'median s':>10}{'fastest s':>11}{'processor s':>13}")
    for name, seconds, busy in (("natgrad", ours, ours_busy), ("numpy", theirs, theirs_busy)):
        print(f"{name:10}{median(seconds):10.4f}{min(seconds):11.4f}{median(busy):13.4f}")
    ratio = median(theirs) / median(ours), min(theirs) / min(ours), median(theirs_busy) / median(ours_busy)
    print(f"{'ratio':10}{ratio[0]:10.1f}{ratio[1]:11.1f}{ratio[2]:13.1f}")
    print(f"largest difference of mean cosines {off:.1e}; {told['singly']} points off the fast path")


if __name__ == "__main__":
    main()
