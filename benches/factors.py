"""Factor analysis and p-PCA beside scikit-learn, to the same evidence.

natgrad's whole program (reading, fit, certificates, report) is timed beside the peer's `fit` alone, and beside the peer's loading
and `fit`; its parts are timed by an example program, so that like stands beside like.
"""

import json
import os
import shutil
import statistics
import subprocess
import sys
from pathlib import Path

from factor_data import rows
from running import NATGRAD, PEER_THREADS, QUICK, ROOT, RUNS, THREADS, quiet, say, spawn

FACTOR_PEERS = {"fa-randomized": 40, "fa-lapack": 40, "fa-numpy-covariance": None}
PCA_PEERS = {"pca-covariance_eigh": 1, "pca-full": 1}


def natgrad(model, path, h, out):
    run = RUNS / out
    shutil.rmtree(run, ignore_errors=True)
    used = spawn([NATGRAD, "fit", model, path, "--latent-dim", str(h), "--tolerance", "1e-10", "--quiet", "--out", run,
                  "--threads", str(THREADS)])
    summary = json.loads((run / "summary.json").read_text())
    return used | {"elbo": summary["elbo"], "status": summary["status"], "iterations": summary["iterations"],
                   "remaining": summary["remaining"]}


def peer(name, path, h, target):
    done = subprocess.run([sys.executable, ROOT / "benches/factor_peers.py", name, path, str(h), repr(target)],
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env={**os.environ, **PEER_THREADS})
    if done.returncode:
        raise RuntimeError(f"{name}: {done.stderr[-2000:]}")
    return json.loads(done.stdout.strip().splitlines()[-1])


def parts(model, path, h):
    """Seconds of reading, closed form, fit and certificates, by the library alone."""
    program = Path(NATGRAD).parent / "examples" / "factor_speed"
    done = subprocess.run([program, model, path, str(h)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                          env={**os.environ, "RAYON_NUM_THREADS": str(THREADS)})
    if done.returncode:
        raise RuntimeError(f"factor_speed: {done.stderr[-2000:]}")
    return json.loads(done.stdout)


def beside(case, model, n, d, h, peers):
    path = rows(n, d, h)
    rounds = int(os.environ.get("ROUNDS", 3))
    own, pieces, theirs = [], [], {p: [] for p in peers}
    for i in range(rounds):
        quiet()
        own.append(natgrad(model, path, h, case))
        pieces.append(parts(model, path, h))
        say(f"  {case} round {i + 1}: natgrad {own[-1]['wall']:.2f} s")
        for p in peers:
            # Slow peers: one round where a fit takes longer than a quarter of a minute.
            if i and theirs[p][0]["seconds"] > 15:
                continue
            theirs[p].append(peer(p, path, h, own[0]["elbo"]))
            say(f"  {case} round {i + 1}: {p} {theirs[p][-1]['seconds']:.2f} s")
    seconds = statistics.median(o["wall"] for o in own)
    part = {k: min(p[k] for p in pieces) for k in ("read", "closed_form", "fit", "certificates", "residuals")}
    # What the peer's fit does: for p-PCA the closed form is all of it. No peer sweeps rows for the residual's standard error.
    alone = min(p["closed_form"] + (0 if model == "ppca" else p["fit"] - p["residuals"]) for p in pieces)
    found = []
    for p, goal in peers.items():
        took = statistics.median(t["seconds"] for t in theirs[p])
        cpu = min(t["cpu"] for t in theirs[p]) / min(o["cpu"] for o in own)
        least, loading = min(t["seconds"] for t in theirs[p]), min(t["load"] for t in theirs[p])
        fastest = least / min(o["wall"] for o in own)
        found.append({"peer": p, "seconds": took, "ratio": took / seconds, "ratio_fastest": fastest, "ratio_cpu": cpu, "goal": goal,
                      "load": loading, "ratio_with_loading": (least + loading) / min(o["wall"] for o in own),
                      "ratio_fit_alone": least / alone, "met": None if goal is None else bool(least / alone >= goal),
                      "difference": own[-1]["elbo"] - theirs[p][-1]["elbo"], "rounds": len(theirs[p])})
    return {"factors": [{"model": model, "rows": n, "columns": d, "latent": h, "seconds": seconds, "cpu": min(o["cpu"] for o in own),
                         "peak_mb": max(o["peak_mb"] for o in own), "status": own[-1]["status"], "parts": part, "elbo": own[-1]["elbo"],
                         "peers": found}]}


def factor_analysis():
    n = 50_000 if QUICK else 200_000
    return beside("factor_analysis", "factor-analysis", n, 256, 16, FACTOR_PEERS)


def ppca():
    n = 50_000 if QUICK else 200_000
    return beside("ppca", "ppca", n, 256, 16, PCA_PEERS)
