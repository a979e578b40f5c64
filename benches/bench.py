"""`benches/run.sh [quick|full] [case…]`: measures and writes benches/runs/<date>-<cpu>/results.{json,md}."""

import csv
import datetime
import filecmp
import importlib.util
import json
import os
import platform
import re
import shutil
import statistics
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import data
from factors import factor_analysis, ppca
from networks import possible
from report import markdown
from running import CASES, MODE, NATGRAD, PEER_THREADS, QUICK, ROOT, RUNS, THREADS, DISTURBANCE, quiet, say, spawn

THROUGHPUT = str(Path(NATGRAD).parent / "examples" / "throughput")


def with_torch(peer):
    """The peer where pomegranate is installed (see requirements-torch.txt)."""
    return [peer] if importlib.util.find_spec("pomegranate") else []


def natgrad(model, path, start, k, out, metric="joint", iterations=None, tolerance="0", threads=THREADS, shape=None):
    run = RUNS / out
    shutil.rmtree(run, ignore_errors=True)
    command = [NATGRAD, "fit", model, path, "--components", str(k), "--metric", metric, "--tolerance", tolerance, "--quiet",
               "--out", run, "--threads", str(threads)]
    command += ["--start", start] if start else []
    command += ["--max-iterations", str(iterations)] if iterations else []
    command += ["--covariance", shape] if shape else []
    used = spawn(command)
    with open(run / "trace.csv") as file:
        rows = [r for r in csv.DictReader(file)]
    used["run"] = run
    used["trace"] = [{c: float(r[c]) for c in ("iteration", "passes", "seconds", "elbo")} for r in rows]
    used["steps"] = [b["seconds"] - a["seconds"] for a, b in zip(used["trace"], used["trace"][1:])]
    return used


def peer(name, path, start, iterations):
    done = subprocess.run([sys.executable, ROOT / "benches/peers.py", name, path, start, str(iterations)],
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env={**os.environ, **PEER_THREADS})
    if done.returncode:
        raise RuntimeError(f"{name}: {done.stderr[-2000:]}")
    return json.loads(done.stdout.strip().splitlines()[-1])


def peak_share(kind, n, d, k):
    """What the throughput example says: GFLOP/s in products, share of the measured peak."""
    env = {**os.environ, "RAYON_NUM_THREADS": str(THREADS)}
    out = subprocess.run([THROUGHPUT, kind, str(n), str(d), str(k)], cwd=ROOT, env=env,
                         capture_output=True, text=True, check=True).stdout
    found = re.search(r"([\d.]+) GFLOP/s in matrix products, (\d+) % of the peak ([\d.]+)", out)
    return {"gflops": float(found[1]), "share": float(found[2]) / 100, "peak_gflops": float(found[3])}


def per_iteration(name, model, path, start, k, peers, goals, iterations, shape=None, throughput=None, note=""):
    """natgrad and its peers in turns; medians over all rounds."""
    rounds = int(os.environ.get("ROUNDS", 3 if QUICK else 5))
    own, theirs = [], {p: [] for p in peers}
    for i in range(rounds):
        quiet()
        many = natgrad(model, path, start, k, name, iterations=3 * iterations, shape=shape)
        one = natgrad(model, path, start, k, name + "-1", iterations=1, shape=shape)
        many["cpu_step"] = (many["cpu"] - one["cpu"]) / (3 * iterations - 1)
        own.append(many)
        say(f"  {name} round {i + 1}: natgrad {statistics.median(many['steps']):.4f} s")
        for p in peers:
            if i >= 2 and statistics.median(theirs[p][0]["wall"]) * iterations > 45:
                continue  # slow peers: two rounds
            theirs[p].append(peer(p, path, start, iterations))
            say(f"  {name} round {i + 1}: {p} {statistics.median(theirs[p][-1]['wall']):.4f} s")
    wall = [s for r in own for s in r["steps"]]
    result = {"case": name, "note": note, "iterations": iterations, "rounds": rounds, "natgrad": {
        "seconds": statistics.median(wall), "fastest": min(wall), "cpu": statistics.median(r["cpu_step"] for r in own)}, "peers": []}
    for p in peers:
        w = [s for r in theirs[p] for s in r["wall"]]
        c = [s for r in theirs[p] for s in r["cpu"]]
        it = iterations
        difference = abs(own[0]["trace"][it]["elbo"] - theirs[p][0]["elbo"][it]) if len(theirs[p][0]["elbo"]) > it else None
        ratio = statistics.median(w) / result["natgrad"]["seconds"]
        result["peers"].append({
            "peer": p, "seconds": statistics.median(w), "fastest": min(w), "cpu": statistics.median(c), "ratio": ratio,
            "ratio_fastest": min(w) / result["natgrad"]["fastest"], "ratio_cpu": statistics.median(c) / result["natgrad"]["cpu"],
            "goal": goals.get(p), "met": ratio >= goals[p] if p in goals else None, "elbo_difference": difference})
    if throughput:
        runs = [peak_share(*throughput) for _ in range(3)]
        best, peak = (max(r[c] for r in runs) for c in ("gflops", "peak_gflops"))
        result["peak"] = {"gflops": best, "share": best / peak, "peak_gflops": peak}
    return result


def covariance():
    n = 1_000_000
    path, start = data.normal("full", n, 16, 32)
    return per_iteration("full covariance, N=1 000 000 D=16 K=32", "gaussian-mixture", path, start, 32,
                         ["sklearn-full", *with_torch("pomegranate-full"), "numpy-full"], {"sklearn-full": 10}, 3, "full", ("full", n, 16, 32))


def diagonal():
    n = 1_000_000
    path, start = data.normal("diag", n, 64, 64)
    return per_iteration("diagonal, N=1 000 000 D=64 K=64", "gaussian-mixture", path, start, 64,
                         ["sklearn-diag", "numpy-diag"], {"sklearn-diag": 5}, 3, "diagonal", ("diagonal", n, 64, 64))


def bernoulli():
    n = 60_000
    path, start, source = data.bernoulli(n, 784, 50)
    return per_iteration("Bernoulli, N=60 000 D=784 K=50", "bernoulli-mixture", path, start, 50,
                         ["stepmix-bernoulli", "numpy-bernoulli"], {"stepmix-bernoulli": 4, "numpy-bernoulli": 1}, 8, None,
                         ("bernoulli", n, 784, 50), source)


def latent_class():
    path, start = data.latent_class(36_036, 16, 4, 5, 0.1)
    return per_iteration("latent classes, N=36 036, 16 items of 4 levels, K=5, 10 % missing", "latent-class", path, start, 5,
                         ["stepmix-latent", "numpy-latent"], {"stepmix-latent": 50}, 10)


def to_the_maximum():
    """Passes and seconds of --metric auto (all it uses until it stops) against those of --metric joint until the same ELBO."""
    rows = []
    for kind in ("slow-em", "normal-2x2", "normal-3x3", "normal-4x8", "latent", "poisson"):
        model, path, start, k = data.overlapping(kind)
        auto = natgrad(model, path, start, k, f"max-{kind}-auto", metric="auto", tolerance="1e-9")
        limit = 3000 if QUICK else 20_000
        joint = natgrad(model, path, start, k, f"max-{kind}-joint", tolerance="1e-13", iterations=limit)
        reached = auto["trace"][-1]
        there = next((r for r in joint["trace"] if r["elbo"] >= reached["elbo"] - 1e-9), None)
        last = there or joint["trace"][-1]
        summary = json.loads((auto["run"] / "summary.json").read_text())
        rows.append({"data": kind, "status": summary["status"], "remaining": summary["remaining"], "elbo": reached["elbo"],
                     "elbo_joint_end": joint["trace"][-1]["elbo"], "joint_got_there": there is not None,
                     "passes": {"auto": summary["passes"], "joint": last["passes"]},
                     "seconds": {"auto": reached["seconds"], "joint": last["seconds"]},
                     "passes_ratio": last["passes"] / summary["passes"],
                     "seconds_ratio": last["seconds"] / reached["seconds"]})
        say(f"  {kind}: {rows[-1]['passes']} passes, {rows[-1]['seconds']} s")
    return {"case": "to the maximum", "rows": rows, "goal": "10 times fewer passes, less time",
            "met": all(r["passes_ratio"] >= 10 and r["seconds_ratio"] > 1 for r in rows)}


def memory():
    rows = []
    for gigabytes in ([0.5] if QUICK else [0.5, 5]):
        path, start = data.large_parquet(gigabytes)
        used = natgrad("gaussian-mixture", path, start, 8, "memory", iterations=2, shape="full")
        rows.append({"file_mb": path.stat().st_size / 1e6, "peak_mb": used["peak_mb"],
                     "seconds_per_pass": statistics.median(used["steps"])})
        say(f"  {rows[-1]}")
        if gigabytes > 1:
            path.unlink()
    return {"case": "memory: streamed Parquet", "rows": rows, "goal": "peak at most 500 MB",
            "met": all(r["peak_mb"] <= 500 for r in rows)}


def threads():
    path, start = data.normal("full", 1_000_000, 16, 32)
    steps, cpu = {1: [], 2: []}, {1: [], 2: []}
    for _ in range(3 if QUICK else 5):
        for t in (1, 2):
            quiet()
            used = natgrad("gaussian-mixture", path, start, 32, f"threads-{t}", iterations=6, threads=t, shape="full")
            steps[t] += used["steps"]
            cpu[t].append(used["cpu"])
    same = all(filecmp.cmp(RUNS / "threads-1" / f, RUNS / "threads-2" / f, shallow=False) for f in ("summary.json", "model.json"))
    speed_up = statistics.median(steps[1]) / statistics.median(steps[2])
    return {"case": "1 and 2 threads, full covariance", "same_bits": same, "speed_up": speed_up,
            "cpu_seconds": {t: statistics.median(c) for t, c in cpu.items()}, "speed_up_fastest": min(steps[1]) / min(steps[2]), "goal": "same bits, 1.7 times faster",
            "met": same and speed_up >= 1.7}


def cold_start():
    model, path, start, k = data.overlapping("slow-em")
    times = [natgrad(model, path, start, k, "cold", metric="auto", tolerance="1e-6", shape="full")["wall"] for _ in range(21)][1:]
    return {"case": "cold start: fit of 400 rows, warm file cache", "milliseconds": 1e3 * statistics.median(times),
            "fastest": 1e3 * min(times), "goal": "under 50 ms", "met": statistics.median(times) < 0.05}


def machine():
    info = dict(line.split(":", 1) for line in Path("/proc/cpuinfo").read_text().split("\n\n")[0].replace("\t", "").split("\n"))
    commit = subprocess.run(["git", "rev-parse", "--short", "HEAD"], cwd=ROOT, capture_output=True, text=True).stdout.strip()
    return {"cpu": info["model name"].strip(), "cores": os.cpu_count(),
            "memory_gb": round(os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 2**30), "system": platform.system() + " " + platform.machine(),
            "natgrad": Path(NATGRAD).name + " at " + commit, "threads": THREADS,
            "versions": {"python": platform.python_version(), **{p: version(p) for p in ("numpy", "scikit-learn", "stepmix", "pyarrow", *with_torch("pomegranate"), *with_torch("torch"),
                                                                                                        *(("pyagrum", "pgmpy") if possible() else ()))},
                         "rustc": subprocess.run(["rustc", "--version"], capture_output=True, text=True).stdout.split()[1]}}


def main():
    data.FOLDER.mkdir(parents=True, exist_ok=True)
    RUNS.mkdir(parents=True, exist_ok=True)
    about = machine()
    slug = re.sub(r"[^a-z0-9]+", "-", about["cpu"].lower().replace("(r)", "")).strip("-")
    out = ROOT / "benches" / "runs" / f"{datetime.date.today()}-{slug}"
    old = out / "results.json"
    results = {"mode": MODE, "machine": about, "cases": {}}
    if CASES and old.exists():  # some cases again: the others stay
        before = json.loads(old.read_text())
        results["cases"], results["notes"] = before["cases"], before.get("notes", [])
    out.mkdir(parents=True, exist_ok=True)
    for case in (covariance, diagonal, bernoulli, latent_class, to_the_maximum, memory, threads, cold_start, factor_analysis, ppca, *possible()):
        if CASES and case.__name__ not in CASES:
            continue
        say(case.__name__)
        DISTURBANCE.clear()
        try:
            results["cases"][case.__name__] = {**case(), "disturbance": list(DISTURBANCE), "mode": MODE, "peers_keep_memory": True, "by": about["natgrad"]}
        except Exception as error:  # the other cases still count
            say("  failed:", error)
            results["cases"][case.__name__] = {"case": case.__name__, "failed": str(error)[-500:], "met": False}
        old.write_text(json.dumps(results, indent=1, default=str) + "\n")
        (out / "results.md").write_text(markdown(results))
    print(markdown(results))


main()
