"""Peers of the factor models: python factor_peers.py NAME DATA.npy H [TARGET]; prints one JSON line.

Factor analysis runs until its evidence is within 1e-8 nats per row of TARGET, with the tolerance that this takes: powers of
ten are tried from scikit-learn's default downwards, and only the first run that gets there is timed. Seconds are those of
`fit` alone, those of loading stand beside them.
"""

import json
import sys
import time
import warnings

import numpy as np
from sklearn.decomposition import PCA, FactorAnalysis

warnings.filterwarnings("ignore")
name, path, h = sys.argv[1], sys.argv[2], int(sys.argv[3])
target = float(sys.argv[4]) if len(sys.argv) > 4 else None
begun = time.perf_counter()
x = np.load(path)
loading = time.perf_counter() - begun


def clocks():
    return time.perf_counter(), time.process_time()


def since(begun):
    return {"seconds": time.perf_counter() - begun[0], "cpu": time.process_time() - begun[1]}


def done(used, elbo, **more):
    print(json.dumps(used | {"load": loading, "elbo": elbo} | more))


begun = clocks()
if name.startswith("pca-"):
    pca = PCA(h, svd_solver=name[4:]).fit(x)
    used = since(begun)
    # Its own score divides variances by N − 1; the evidence at the maximum follows from the eigenvalues.
    n, d = x.shape
    values = pca.explained_variance_ * (n - 1) / n
    noise = pca.noise_variance_ * (n - 1) / n
    best = -0.5 * (d * np.log(2 * np.pi * np.e) + np.log(values).sum() + (d - h) * np.log(noise))
    done(used, best)
elif name in ("fa-lapack", "fa-randomized"):
    for tol in [10.0**-k for k in range(2, 12)]:
        begun = clocks()
        # The tolerance is on the log-likelihood of all rows together.
        fa = FactorAnalysis(h, svd_method=name[3:], tol=tol, max_iter=100_000).fit(x)
        used = since(begun)
        elbo = fa.loglike_[-1] / len(x)
        if target is None or elbo >= target - 1e-8:
            break
    done(used, elbo, iterations=fa.n_iter_, tolerance=tol)
elif name == "fa-numpy-covariance":
    # scikit-learn's own iteration on the covariance matrix: what the hand can do in a dozen lines.
    centred = x - x.mean(0)
    s = centred.T @ centred / len(x)
    psi, old, d = np.diag(s).copy(), -np.inf, len(s)
    for iterations in range(100_000):
        root = np.sqrt(psi)
        values, vectors = np.linalg.eigh(s / np.outer(root, root))
        top, rest = values[-h:], values[:-h]
        elbo = -0.5 * (d * np.log(2 * np.pi) + np.log(psi).sum() + np.log(top).sum() + h + rest.sum())
        w = vectors[:, -h:] * np.sqrt(np.maximum(top - 1, 0)) * root[:, None]
        if elbo - old < 1e-12:
            break
        psi, old = np.diag(s) - (w * w).sum(1), elbo
    done(since(begun), elbo, iterations=iterations)
else:
    sys.exit(f"no peer {name}")
