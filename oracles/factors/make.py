"""Reference values of factor analysis and p-PCA: scikit-learn to its end, densities of rows with gaps in numpy.

Run in an environment with the packages of requirements.txt, from the repository's root: python oracles/factors/make.py
"""

import csv
import json
from pathlib import Path

import numpy as np
from sklearn.decomposition import PCA, FactorAnalysis

HERE = Path(__file__).parent


def example(name, drop=()):
    with open(HERE / "../../examples/data" / name) as file:
        rows = list(csv.reader(file))
    kept = [i for i, c in enumerate(rows[0]) if c not in drop]
    return [rows[0][i] for i in kept], np.array([[float(r[i]) for i in kept] for r in rows[1:]])


def maxima():
    out = []
    for name, drop in (("wine.csv", ("cultivar",)), ("iris.csv", ("species",))):
        columns, x = example(name, drop)
        z = (x - x.mean(0)) / x.std(0)
        for h in (1, 2, 3):
            if h < x.shape[1]:
                pca = PCA(h, svd_solver="full").fit(x)
                # PCA divides variances by N − 1: its likelihood is not at the maximum. Ours comes from the eigenvalues.
                values = np.sort(np.linalg.eigvalsh(np.cov(x.T, ddof=0)))[::-1]
                noise = values[h:].mean()
                d = x.shape[1]
                best = -0.5 * (d * np.log(2 * np.pi * np.e) + np.log(values[:h]).sum() + (d - h) * np.log(noise))
                out.append({"data": name, "model": "ppca", "latent_dim": h, "elbo": best, "noise": noise,
                            "sklearn_score": pca.score(x)})
            if (x.shape[1] - h) ** 2 >= x.shape[1] + h:
                # scikit-learn adds 1e-12 to the noise and needs columns of about unit scale: standardised, then put back.
                fa = FactorAnalysis(h, tol=1e-14, max_iter=200_000, svd_method="lapack").fit(z)
                elbo = fa.score(z) - np.log(x.std(0)).sum()
                signal = fa.components_ @ np.diag(1 / fa.noise_variance_) @ fa.components_.T
                out.append({"data": name, "model": "factor-analysis", "latent_dim": h, "elbo": elbo,
                            "noise": (fa.noise_variance_ * x.var(0)).tolist(),
                            "signal": np.sort(np.linalg.eigvalsh(signal))[::-1].tolist()})
    return out


def gaps():
    """ln p of rows with gaps under a given model, and what is expected in the gaps."""
    rng = np.random.default_rng(5)
    d, h, n = 6, 2, 8
    w, mean, noise = rng.normal(size=(d, h)), rng.normal(size=d), rng.uniform(0.2, 1, d)
    x = mean + rng.normal(size=(n, h)) @ w.T + rng.normal(size=(n, d)) * np.sqrt(noise)
    x[rng.random((n, d)) < 0.35] = np.nan
    x[0], x[1] = np.nan, mean
    c = w @ w.T + np.diag(noise)
    logs, filled = [], x.copy()
    for i, row in enumerate(x):
        o = ~np.isnan(row)
        s, off = c[np.ix_(o, o)], row[o] - mean[o]
        solved = np.linalg.solve(s, off) if o.any() else off
        logs.append(float(-0.5 * (o.sum() * np.log(2 * np.pi) + (np.linalg.slogdet(s)[1] if o.any() else 0.0) + off @ solved)))
        filled[i, ~o] = mean[~o] + c[np.ix_(~o, o)] @ solved
    cells = [[None if np.isnan(v) else v for v in row] for row in x.tolist()]
    return {"rows": cells, "mean": mean.tolist(), "loadings": w.tolist(), "noise": noise.tolist(), "log_evidence": logs,
            "filled": filled.tolist()}


if __name__ == "__main__":
    (HERE / "sklearn.json").write_text(json.dumps({"maxima": maxima(), "gaps": gaps()}, indent=1) + "\n")
