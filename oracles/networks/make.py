"""Writes the fixtures of this folder: `python make.py` with the packages of requirements.txt (two minutes)."""

import csv
import json
from itertools import product
from pathlib import Path

import numpy as np
import pyagrum as gum

from reference_em import Learner, blurred, read_bif, sample, write_network

HERE = Path(__file__).resolve().parent
EXAMPLES = HERE.parent.parent / "examples" / "networks"
ITERATIONS = (0, 1, 5, 20)


def with_gaps(codes, nodes, hidden=(), missing=0.0, rng=None):
    codes = codes.copy()
    if missing:
        codes[rng.random(codes.shape) < missing] = -1
    for v in hidden:
        codes[:, list(nodes).index(v)] = -1
    return codes


def write_rows(path, codes, nodes, hidden=()):
    kept = [i for i, v in enumerate(nodes) if v not in hidden]
    states = [nodes[v][0] for v in nodes]
    with open(path, "w", newline="") as file:
        out = csv.writer(file, lineterminator="\n")
        out.writerow([list(nodes)[i] for i in kept])
        out.writerows([[states[i][row[i]] if row[i] >= 0 else "" for i in kept] for row in codes])


def entries(net, nodes, v):
    """Indices of a table here, and pyAgrum's cell of each."""
    states, parents, table = nodes[v]
    cell = gum.Instantiation(net.cpt(v))
    where = [(p, [net.variable(p).index(s) for s in nodes[p][0]]) for p in (*parents, v)]
    for index in np.ndindex(table.shape):
        for (p, codes), i in zip(where, index):
            cell.chgVal(p, codes[i])
        yield index, cell


def to_pyagrum(nodes):
    net = gum.BayesNet()
    for v, (states, _, _) in nodes.items():
        net.add(gum.LabelizedVariable(v, v, states))
    for v, (_, parents, _) in nodes.items():
        for p in parents:
            net.addArc(p, v)
    for v, (_, _, table) in nodes.items():
        for index, cell in entries(net, nodes, v):
            net.cpt(v).set(cell, float(table[index]))
    return net


def from_pyagrum(net, nodes):
    tables = []
    for v, (_, _, table) in nodes.items():
        out = np.zeros_like(table)
        for index, cell in entries(net, nodes, v):
            out[index] = net.cpt(v).get(cell)
        tables.append(out)
    return tables


def pyagrum_em(nodes, codes, iterations):
    """pyAgrum's tables after that many iterations. Its EM stops with an error where a table row has no counts at all; this
    smoothing is the smallest that keeps it going and is far below the tolerance of the comparison."""
    import pandas as pd

    net = to_pyagrum(nodes)
    frame = pd.DataFrame({v: [nodes[v][0][c] if c >= 0 else "?" for c in codes[:, i]] for i, v in enumerate(nodes)})
    learner = gum.BNLearner(frame, net, ["?"])
    learner.useSmoothingPrior(1e-12)
    learner.useEMWithDiffCriterion(1e-300, 0.0)
    learner.EMdisableEpsilon()
    learner.EMsetMaxIter(iterations)
    out = learner.learnParameters(net)
    assert learner.EMnbrIterations() == iterations
    return out


def pyagrum_log_likelihood(net, nodes, codes):
    """Row by row, by the probability of the evidence."""
    inference, total = gum.LazyPropagation(net), 0.0
    for row in codes:
        inference.setEvidence({v: nodes[v][0][c] for v, c in zip(nodes, row) if c >= 0})
        total += np.log(inference.evidenceProbability())
    return total


def enumerated(nodes, tables, codes):
    """Log-likelihood over all joint states, for small networks."""
    names = list(nodes)
    total = np.zeros(len(codes))
    for joint in product(*[range(len(nodes[v][0])) for v in names]):
        at = dict(zip(names, joint))
        p = np.prod([t[tuple(at[u] for u in [*nodes[v][1], v])] for v, t in zip(names, tables)])
        total += p * ((codes < 0) | (codes == np.array(joint))).all(1)
    return float(np.log(total).sum())


def case(name, start_name, start, codes, hidden, listed, truth):
    write_rows(HERE / f"{name}.csv", codes, start, hidden)
    learner, tables, path, worst = Learner(start, codes), [t for _, _, t in start.values()], [], 0.0
    for i in range(max(ITERATIONS) + 1):
        value, new = learner.step(tables)
        if i in ITERATIONS:
            if len(start) < 10:
                assert abs(enumerated(start, tables, codes) - value) < 1e-10 * abs(value)
            point = {"iterations": i, "log_likelihood": value}
            if i > 1 and truth is None:
                theirs = pyagrum_em(start, codes, i)
                their_value = pyagrum_log_likelihood(theirs, start, codes)
                worst = max(worst, abs(their_value - value) / len(codes))
                point["pyagrum_log_likelihood"] = their_value
            point["tables"] = {v: t.reshape(-1, t.shape[-1]).tolist() for v, t in zip(start, tables) if i and v in listed}
            path.append(point)
        tables = new
    print(f"{name}: pyAgrum differs by at most {worst:.1e} nats per row")
    about = {"network": start_name, "data": f"{name}.csv", "hidden": list(hidden), "rows": len(codes)}
    points = ",\n".join(json.dumps(p) for p in path)
    (HERE / f"{name}.json").write_text(json.dumps(about)[:-1] + ', "path": [\n' + points + "\n]}\n")


def lettered(nodes):
    """States a, b, c…: keeps the files small."""
    return {v: ([chr(97 + i) for i in range(len(s))], p, t) for v, (s, p, t) in nodes.items()}


def posteriors(nodes, rng):
    net, found, worst = to_pyagrum(nodes), [], 0.0
    inference = gum.LazyPropagation(net)
    for _ in range(20):
        row = sample(nodes, 1, rng)[0]
        seen = sorted(rng.choice(len(nodes), rng.integers(0, 16), replace=False))
        evidence = {v: nodes[v][0][row[i]] for i, v in enumerate(nodes) if i in seen}
        inference.setEvidence(evidence)
        inference.makeInference()
        own = {}
        for v in nodes:
            p = inference.posterior(v)
            own[v] = [float(p[{v: s}]) for s in nodes[v][0]]
        codes = np.where(np.isin(np.arange(len(nodes)), seen), row, -1)[None]
        logs, counts = Learner(nodes, codes).expectation([t for _, _, t in nodes.values()])
        for v, c in zip(nodes, counts):
            worst = max(worst, np.abs(c.reshape(-1, c.shape[-1]).sum(0) - own[v]).max())
        worst = max(worst, abs(np.log(inference.evidenceProbability()) - logs[0]))
        found.append({"evidence": evidence, "log_probability": float(logs[0]),
                      "posteriors": {v: p for v, p in own.items() if v not in evidence}})
    print(f"posteriors: pyAgrum and elimination differ by at most {worst:.1e}")
    listed = ",\n".join(json.dumps(f) for f in found)
    (HERE / "alarm_posteriors.json").write_text('{"network": "examples/networks/alarm.bif", "queries": [\n' + listed + "\n]}\n")


def main():
    rng = np.random.default_rng(20)
    asia, alarm = read_bif(EXAMPLES / "asia.bif"), lettered(read_bif(EXAMPLES / "alarm.bif"))
    start = blurred(asia, rng)
    write_network(HERE / "asia_start.json", start)
    rows, hidden = sample(asia, 300, rng), ("either", "smoke")
    case("asia_hidden", "asia_start.json", start, with_gaps(rows, asia, hidden), hidden, set(asia), None)
    rows = with_gaps(sample(asia, 300, rng), asia, missing=0.1, rng=rng)
    case("asia_missing", "asia_start.json", start, rows, (), set(asia), None)
    # From the tables of the file, whose zeros stay zeros; pyAgrum's smoothing would not keep them.
    rows = with_gaps(sample(asia, 300, rng), asia, ("either", "bronc"), 0.1, rng)
    case("asia_zeros", "examples/networks/asia.bif", asia, rows, ("either", "bronc"), set(asia), asia)
    start, hidden = blurred(alarm, rng), ("LVEDVOLUME", "HYPOVOLEMIA", "SHUNT")
    write_network(HERE / "alarm_start.json", start)
    rows = sample(alarm, 500, rng)
    case("alarm_hidden", "alarm_start.json", start, with_gaps(rows, alarm, hidden), hidden,
         {*hidden, "PCWP", "CVP", "STROKEVOLUME", "SAO2"}, None)
    case("alarm_missing", "alarm_start.json", start, with_gaps(rows, alarm, missing=0.1, rng=rng), (),
         {"HRBP", "PRESS", "SAO2"}, None)
    posteriors(read_bif(EXAMPLES / "alarm.bif"), rng)


main()
