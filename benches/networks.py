"""Cases of Bayesian networks: hidden nodes, missing cells, millions of rows, passes to the maximum. For bench.py."""

import csv
import filecmp
import importlib.util
import json
import os
import shutil
import statistics
import subprocess
import sys

import network_data
from data import ROOT
from running import NATGRAD, PEER_THREADS, QUICK, RUNS, THREADS, quiet, say, spawn

NETWORKS = ("alarm", "hailfinder", "win95pts")
ITERATIONS = 2


def natgrad(data, start, hidden, out, metric="joint", iterations=None, tolerance="0", threads=THREADS):
    """One fit: what `spawn` says, the trace, and the seconds between its lines (start-up is before the first)."""
    run = RUNS / out
    shutil.rmtree(run, ignore_errors=True)
    command = [NATGRAD, "fit", "bayes-net", "--network", start, data, "--start", "table", "--metric", metric, "--tolerance", tolerance,
               "--quiet", "--out", run, "--threads", str(threads)]
    command += ["--hidden", ",".join(hidden)] if hidden else []
    command += ["--max-iterations", str(iterations)] if iterations else []
    used = spawn(command)
    with open(run / "trace.csv") as file:
        used["trace"] = [{c: float(r[c]) for c in ("iteration", "passes", "seconds", "elbo")} for r in csv.DictReader(file)]
    used["steps"] = [b["seconds"] - a["seconds"] for a, b in zip(used["trace"], used["trace"][1:])]
    used["summary"] = json.loads((run / "summary.json").read_text())
    return used


def peer(name, data, start, hidden, iterations):
    done = subprocess.run([sys.executable, ROOT / "benches/network_peers.py", name, data.with_suffix(".npy"), start, ",".join(hidden),
                           str(iterations)], capture_output=True, text=True, env={**os.environ, **PEER_THREADS})
    if done.returncode:
        raise RuntimeError(f"{name}: {done.stderr[-2000:]}")
    return json.loads(done.stdout.strip().splitlines()[-1])


def beside_peers(name, n, hidden, missing, peers, goals):
    """natgrad and its peers in turns: fastest iteration of each, since a network's iterations are short and others disturb."""
    data, start = network_data.rows(name, n, hidden, missing), network_data.start(name)
    own, theirs = [], {p: [] for p in peers}
    for i in range(2 if QUICK else 4):
        quiet()
        one = natgrad(data, start, hidden, f"network-{name}-1", iterations=1)
        own.append(natgrad(data, start, hidden, f"network-{name}", iterations=20))
        own[-1]["cpu_step"] = (own[-1]["cpu"] - one["cpu"]) / 19
        for p, iterations in peers.items():
            if i and theirs[p][0]["seconds"] > 10:
                continue  # slow peers: one round
            theirs[p].append(peer(p, data, start, hidden, iterations))
            say(f"  {name} {n} rows: natgrad {min(own[-1]['steps']):.5f} s, {p} {theirs[p][-1]['seconds']:.4f} s")
    steps = [s for r in own for s in r["steps"]]
    found = {"network": name, "rows": n, "hidden": list(hidden), "missing": missing,
             "natgrad": {"fastest": min(steps), "seconds": statistics.median(steps), "cpu": min(r["cpu_step"] for r in own), "peak_mb": own[0]["peak_mb"]}, "peers": []}
    for p, iterations in peers.items():
        fastest, value = min(r["seconds"] for r in theirs[p]), theirs[p][0]["log_likelihood"]
        difference = abs(own[0]["trace"][iterations]["elbo"] - value) / abs(value)
        ratio, goal, cpu = fastest / min(steps), goals.get(p), min(r["cpu"] for r in theirs[p])
        found["peers"].append({"peer": p, "fastest": fastest, "cpu": cpu, "rounds": len(theirs[p]), "iterations": iterations,
                               "ratio": ratio, "goal": goal, "difference": difference, "met": difference < 1e-8 and (goal is None or ratio >= goal)})
    return found


def per_iteration(case, hidden_of, missing, goals):
    found = []
    for name in NETWORKS:
        for n in (1000, 10_000):
            hidden = hidden_of(name)
            peers = {"numpy": ITERATIONS, "pyagrum": ITERATIONS}
            if hidden and n == 1000 and name != "hailfinder":
                peers["pgmpy"] = 1  # it drops rows with a gap, and lists all hidden states of every row: minutes beyond these
            if QUICK and n > 1000 and name != "alarm":
                continue
            found.append(beside_peers(name, n, hidden, missing, peers, goals))
    return {"case": case, "networks": found, "met": all(p["met"] for f in found for p in f["peers"])}


def network_hidden():
    return per_iteration("networks with hidden nodes", network_data.HIDDEN.get, 0.0, {"pyagrum": 100, "pgmpy": 1000})


def network_missing():
    return per_iteration("networks, a tenth of the cells missing", lambda _: (), 0.1, {"pyagrum": 30})


def network_rows():
    """Rows of alarm as Parquet: peak memory and time of an iteration must not grow with the rows, or only in proportion."""
    found, start = [], network_data.start("alarm")
    for kind, hidden, missing in (("hidden", network_data.HIDDEN["alarm"], 0.0), ("missing", (), 0.02)):
        for n in ((300_000, 1_000_000) if QUICK else (1_000_000, 10_000_000)):
            path = network_data.streamed("alarm", n, hidden, missing)
            quiet()
            used = natgrad(path, start, hidden, f"network-rows-{kind}", iterations=4)
            found.append({"kind": kind, "rows": n, "file_mb": path.stat().st_size / 1e6, "peak_mb": used["peak_mb"],
                          "seconds": min(used["steps"]), "wall": used["wall"]})
            say(f"  {found[-1]}")
    return {"case": "rows of alarm as Parquet", "rows": found, "goal": "peak at most 500 MB", "met": all(f["peak_mb"] <= 500 for f in found)}


def network_passes():
    """Passes of `--metric auto` until it stops against those of `--metric joint` (EM) until it has the same ELBO within 1e-10."""
    found = []
    for name in ("alarm", "hailfinder", "child", "hepar2"):
        hidden, start = network_data.HIDDEN[name], network_data.start(name)
        data = network_data.rows(name, 5000, hidden, 0.0)
        auto = natgrad(data, start, hidden, f"passes-{name}-auto", metric="auto", tolerance="1e-10", iterations=5000)
        joint = natgrad(data, start, hidden, f"passes-{name}-joint", tolerance="1e-14", iterations=2000 if QUICK else 20_000)
        reached = auto["summary"]["elbo"]
        there = next((r for r in joint["trace"] if r["elbo"] >= reached - 1e-10), None)
        last = there or joint["trace"][-1]
        found.append({"network": name, "hidden": list(hidden), "status": auto["summary"]["status"], "elbo": reached,
                      "elbo_joint_end": joint["trace"][-1]["elbo"], "joint_got_there": there is not None,
                      "passes": {"auto": auto["summary"]["passes"], "joint": last["passes"]},
                      "seconds": {"auto": auto["trace"][-1]["seconds"], "joint": last["seconds"]},
                      "ratio": last["passes"] / auto["summary"]["passes"]})
        say(f"  {name}: {found[-1]['passes']} passes")
    return {"case": "networks to the maximum", "passes": found, "goal": "5 times fewer passes", "met": all(f["ratio"] >= 5 for f in found)}


def network_threads():
    """Same bits with one thread and two, with gaps."""
    data, start = network_data.rows("alarm", 10_000, (), 0.1), network_data.start("alarm")
    steps = {}
    for t in (1, 2):
        quiet()
        steps[t] = min(natgrad(data, start, (), f"network-threads-{t}", iterations=20, threads=t)["steps"])
    same = filecmp.cmp(RUNS / "network-threads-1" / "model.json", RUNS / "network-threads-2" / "model.json", shallow=False)
    return {"case": "1 and 2 threads, alarm with missing cells", "same_bits": same, "speed_up": steps[1] / steps[2], "goal": "same bits", "met": same}


def possible():
    """The cases, where their peers are installed."""
    there = all(importlib.util.find_spec(p) for p in ("pyagrum", "pgmpy"))
    return (network_hidden, network_missing, network_rows, network_passes, network_threads) if there else ()
