"""One peer, one run: `peers.py NAME DATA START ITERATIONS` prints seconds per EM iteration, wall and CPU, as JSON.

Libraries are driven through their own `fit`; a subclass puts them at the given start and notes the time at every E-step, so
that reading, checking and starting do not count.
"""

import json
import os
import resource
import sys
import time
import warnings

import numpy as np

name, data, start, iterations = sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4])
with open(start) as file:
    at = {k: np.array(v) for k, v in json.load(file)["parameters"].items() if k != "levels"}
warnings.filterwarnings("ignore")
marks, bounds = [], []


def mark():
    marks.append((time.perf_counter(), time.process_time()))


def sklearn_gaussian(shape):
    from sklearn.mixture import GaussianMixture

    class Timed(GaussianMixture):
        def _e_step(self, X, *rest, **more):
            mark()
            out = super()._e_step(X, *rest, **more)
            bounds.append(float(out[0]))
            return out

    c = at["covariances"]
    Timed(len(at["weights"]), covariance_type=shape, tol=0, reg_covar=0, max_iter=iterations, init_params="random_from_data",
          random_state=0, weights_init=at["weights"], means_init=at["means"],
          precisions_init=np.linalg.inv(c) if shape == "full" else 1 / c).fit(np.load(data))


def pomegranate_gaussian(shape):
    import torch
    from pomegranate.distributions import Normal
    from pomegranate.gmm import GeneralMixtureModel

    torch.set_default_dtype(torch.float64)

    class Timed(GeneralMixtureModel):
        def summarize(self, X, **rest):
            mark()
            out = super().summarize(X, **rest)
            bounds.append(float(out) / len(X))
            return out

    parts = [Normal(m, c, covariance_type=shape, check_data=False) for m, c in zip(at["means"], at["covariances"])]
    Timed(parts, priors=at["weights"], max_iter=iterations + 1, tol=-float("inf"), check_data=False).fit(
        torch.from_numpy(np.load(data)))


def stepmix_run(measurement, x, pis):
    from stepmix.stepmix import StepMix

    class Timed(StepMix):
        def _initialize_parameters(self, X, random_state):
            super()._initialize_parameters(X, random_state)
            self.weights_ = at["weights"]
            part = self._mm.models["all"] if hasattr(self._mm, "models") and "all" in self._mm.models else self._mm
            assert part.parameters["pis"].shape == pis.shape, (part.parameters["pis"].shape, pis.shape)
            part.parameters["pis"] = pis

        def _e_step(self, *rest, **more):
            mark()
            out = super()._e_step(*rest, **more)
            bounds.append(float(out[0]))
            return out

    Timed(n_components=len(at["weights"]), measurement=measurement, n_init=1, max_iter=iterations, abs_tol=0, rel_tol=0,
          random_state=0, progress_bar=0).fit(x)


def normalise(logs):
    """Responsibilities in place, answers the mean of the log-sums."""
    top = logs.max(1, keepdims=True)
    logs -= top
    np.exp(logs, out=logs)
    total = logs.sum(1, keepdims=True)
    logs /= total
    return float((np.log(total) + top).mean())


def numpy_loop(features, natural, m_step):
    """EM in matrix products by hand: logs = features @ natural(parameters), statistics = r' @ features."""
    parameters = at
    for i in range(iterations + 1):
        mark()
        theta, offset = natural(parameters)
        logs = features @ theta
        logs += offset
        bounds.append(normalise(logs))
        if i < iterations:
            parameters = m_step(logs.sum(0), logs.T @ features)


def numpy_bernoulli():
    def natural(p):
        q = np.clip(p["probabilities"], 1e-15, 1 - 1e-15)
        return np.ascontiguousarray(np.log(q / (1 - q)).T), np.log(p["weights"]) + np.log1p(-q).sum(1)

    def m_step(mass, sums):
        return {"weights": mass / mass.sum(), "probabilities": sums / mass[:, None]}

    numpy_loop(np.load(data).astype(np.float64), natural, m_step)


def numpy_diagonal():
    x = np.load(data)
    d = x.shape[1]

    def natural(p):
        m, v = p["means"], p["covariances"]
        theta = np.concatenate([m / v, -0.5 / v], 1)
        return np.ascontiguousarray(theta.T), np.log(p["weights"]) - 0.5 * (np.log(2 * np.pi * v) + m * m / v).sum(1)

    def m_step(mass, sums):
        m = sums[:, :d] / mass[:, None]
        return {"weights": mass / mass.sum(), "means": m, "covariances": sums[:, d:] / mass[:, None] - m * m}

    numpy_loop(np.concatenate([x, x * x], 1), natural, m_step)


def numpy_full():
    x = np.load(data)
    d = x.shape[1]
    i, j = np.triu_indices(d)
    features = np.empty((len(x), d + len(i)))
    features[:, :d] = x
    for c, (a, b) in enumerate(zip(i, j)):
        features[:, d + c] = x[:, a] * x[:, b]

    def natural(p):
        precision = np.linalg.inv(p["covariances"])
        h = np.einsum("kij,kj->ki", precision, p["means"])
        theta = np.concatenate([h, -precision[:, i, j] * np.where(i == j, 0.5, 1.0)], 1)
        logdet = np.linalg.slogdet(p["covariances"])[1]
        return np.ascontiguousarray(theta.T), np.log(p["weights"]) - 0.5 * (
            d * np.log(2 * np.pi) + logdet + (h * p["means"]).sum(1))

    def m_step(mass, sums):
        m = sums[:, :d] / mass[:, None]
        c = np.zeros((len(mass), d, d))
        c[:, i, j] = c[:, j, i] = sums[:, d:] / mass[:, None]
        return {"weights": mass / mass.sum(), "means": m, "covariances": c - m[:, :, None] * m[:, None, :]}

    numpy_loop(features, natural, m_step)


def stepmix_bernoulli():
    stepmix_run("bernoulli", np.load(data).astype(np.float64), at["probabilities"])


def stepmix_latent_class():
    x = np.load(data.replace(".csv", ".npy")).astype(np.float64)
    x[x < 0] = np.nan
    p = at["probabilities"]
    stepmix_run("categorical_nan", x, p.reshape(len(p), -1))


def numpy_latent_class():
    """One-hot columns, a missing cell all zeros."""
    x = np.load(data.replace(".csv", ".npy"))
    k, items, levels = at["probabilities"].shape
    features = (x[:, :, None] == np.arange(levels)).reshape(len(x), -1).astype(np.float64)

    def natural(p):
        q = np.clip(p["probabilities"].reshape(k, -1), 1e-15, 1)
        return np.ascontiguousarray(np.log(q).T), np.log(p["weights"])

    def m_step(mass, sums):
        sums = sums.reshape(k, items, levels)
        return {"weights": mass / mass.sum(), "probabilities": sums / sums.sum(2, keepdims=True)}

    numpy_loop(features, natural, m_step)


{
    "sklearn-full": lambda: sklearn_gaussian("full"),
    "sklearn-diag": lambda: sklearn_gaussian("diag"),
    "pomegranate-full": lambda: pomegranate_gaussian("full"),
    "numpy-full": numpy_full,
    "numpy-diag": numpy_diagonal,
    "numpy-bernoulli": numpy_bernoulli,
    "stepmix-bernoulli": stepmix_bernoulli,
    "stepmix-latent": stepmix_latent_class,
    "numpy-latent": numpy_latent_class,
}[name]()
steps = np.diff(np.array(marks), axis=0)
print(json.dumps({"wall": steps[:, 0].tolist(), "cpu": steps[:, 1].tolist(), "elbo": bounds,
                  "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}))
sys.stdout.flush()
os._exit(0)
