"""Factor analysis and p-PCA beside scikit-learn, to the same evidence."""

import json
import os
import shutil
import statistics
import subprocess
import sys

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


def beside(case, model, n, d, h, peers):
    path = rows(n, d, h)
    rounds = int(os.environ.get("ROUNDS", 3))
    own, theirs = [], {p: [] for p in peers}
    for i in range(rounds):
        quiet()
        own.append(natgrad(model, path, h, case))
        say(f"  {case} round {i + 1}: natgrad {own[-1]['wall']:.2f} s")
        for p in peers:
            # Slow peers: one round where a fit takes longer than a quarter of a minute.
            if i and theirs[p][0]["seconds"] > 15:
                continue
            theirs[p].append(peer(p, path, h, own[0]["elbo"]))
            say(f"  {case} round {i + 1}: {p} {theirs[p][-1]['seconds']:.2f} s")
    seconds = statistics.median(o["wall"] for o in own)
    found = []
    for p, goal in peers.items():
        took = statistics.median(t["seconds"] for t in theirs[p])
        cpu = min(t["cpu"] for t in theirs[p]) / min(o["cpu"] for o in own)
        fastest = min(t["seconds"] for t in theirs[p]) / min(o["wall"] for o in own)
        found.append({"peer": p, "seconds": took, "ratio": took / seconds, "ratio_fastest": fastest, "ratio_cpu": cpu, "goal": goal,
                      "met": None if goal is None else bool(max(took / seconds, fastest, cpu) >= goal),
                      "difference": own[-1]["elbo"] - theirs[p][-1]["elbo"], "rounds": len(theirs[p])})
    return {"factors": [{"model": model, "rows": n, "columns": d, "latent": h, "seconds": seconds, "cpu": min(o["cpu"] for o in own),
                         "peak_mb": max(o["peak_mb"] for o in own), "status": own[-1]["status"], "elbo": own[-1]["elbo"],
                         "peers": found}]}


def factor_analysis():
    n = 50_000 if QUICK else 200_000
    return beside("factor_analysis", "factor-analysis", n, 256, 16, FACTOR_PEERS)


def ppca():
    n = 50_000 if QUICK else 200_000
    return beside("ppca", "ppca", n, 256, 16, PCA_PEERS)
