"""One peer, one run: `network_peers.py NAME DATA.npy START.json HIDDEN ITERATIONS` prints wall and processor seconds per
EM iteration as JSON.

`log_likelihood` is that of the peer's tables after the iterations, nats per row, by one program for all (bucket elimination).
"""

import json
import logging
import os
import sys
import time
import warnings

import numpy as np

from network_data import read_start
from reference_em import Learner

name, data, start, hidden, iterations = sys.argv[1], sys.argv[2], sys.argv[3], sys.argv[4].split(","), int(sys.argv[5])
THREADS = 2
nodes, codes = read_start(start), np.load(data)
tables = [t for _, _, t in nodes.values()]
warnings.filterwarnings("ignore")


def clocks():
    """Wall and processor seconds."""
    return np.array([time.perf_counter(), time.process_time()])


def frame(unseen):
    import pandas as pd

    return pd.DataFrame({v: [nodes[v][0][c] if c >= 0 else unseen for c in codes[:, i]] for i, v in enumerate(nodes)})


def reference_numpy():
    """Bucket elimination of all rows at once, its derivatives by hand."""
    learner, at = Learner(nodes, codes), tables
    begun = clocks()
    for _ in range(iterations):
        _, at = learner.step(at)
    return (clocks() - begun) / iterations, at


def pyagrum():
    """Two runs of different length, so that reading, its first look at the data and the compilation do not count. Its EM stops
    with an error where a row of a table has no counts at all: a smoothing of 1e-12 keeps it going."""
    import pyagrum as gum

    net = gum.BayesNet()
    for v, (states, _, _) in nodes.items():
        net.add(gum.LabelizedVariable(v, v, states))
    for v, (_, parents, _) in nodes.items():
        for p in parents:
            net.addArc(p, v)

    def entries(where, v):
        cell = gum.Instantiation(where.cpt(v))
        names = [*nodes[v][1], v]
        for index in np.ndindex(nodes[v][2].shape):
            for u, i in zip(names, index):
                cell.chgVal(u, i)
            yield index, cell

    for v in nodes:
        for index, cell in entries(net, v):
            net.cpt(v).set(cell, float(nodes[v][2][index]))
        assert [net.variable(v).label(i) for i in range(len(nodes[v][0]))] == list(nodes[v][0])
    rows, seconds, out = frame("?"), {}, None
    for length in (iterations, iterations + 2):
        learner = gum.BNLearner(rows, net, ["?"])
        learner.setNumberOfThreads(THREADS)
        learner.useSmoothingPrior(1e-12)
        learner.useEMWithDiffCriterion(1e-300, 0.0)
        learner.EMdisableEpsilon()
        learner.EMsetMaxIter(length)
        begun = clocks()
        found = learner.learnParameters(net)
        seconds[length] = clocks() - begun
        assert learner.EMnbrIterations() == length
        out = out or found
    at = []
    for v, (_, _, table) in nodes.items():
        at.append(np.empty_like(table))
        for index, cell in entries(out, v):
            at[-1][index] = out.cpt(v).get(cell)
    return (seconds[iterations + 2] - seconds[iterations]) / 2, at


def pgmpy():
    """From the first E-step to the end of the fit."""
    import pandas as pd
    from pgmpy.factors.discrete import TabularCPD
    from pgmpy.models import DiscreteBayesianNetwork
    from pgmpy.parameter_estimator import DiscreteEM

    logging.disable(logging.WARNING)
    names = {v: list(range(len(s))) for v, (s, _, _) in nodes.items()}
    net = DiscreteBayesianNetwork([(p, v) for v, (_, parents, _) in nodes.items() for p in parents], latents=set(hidden))
    cpds = {v: TabularCPD(v, len(s), t.reshape(-1, len(s)).T, evidence=p or None, evidence_card=[len(names[u]) for u in p] or None,
                          state_names={u: names[u] for u in [v, *p]}) for v, (s, p, t) in nodes.items()}
    begun = []

    class Timed(DiscreteEM):
        def _parallel_compute_weights(self, *rest, **more):
            begun.append(clocks())
            return super()._parallel_compute_weights(*rest, **more)

    learner = Timed(state_names=names, latent_card={v: len(names[v]) for v in hidden}, max_iter=iterations, atol=0, init_cpds=cpds,
                    show_progress=False)
    learner.fit(net, pd.DataFrame({v: codes[:, i] for i, v in enumerate(nodes) if v not in hidden}))
    seconds = (clocks() - begun[0]) / iterations
    at = []
    for v, (_, parents, table) in nodes.items():
        cpd = next(c for c in learner.parameters_ if c.variable == v)
        given = cpd.variables[1:]
        values = np.moveaxis(cpd.values, 0, -1)
        order = [given.index(p) for p in parents]
        at.append(values.transpose([*order, len(order)]).reshape(table.shape))
    return seconds, at


seconds, found = {"numpy": reference_numpy, "pyagrum": pyagrum, "pgmpy": pgmpy}[name]()
logs, _ = Learner(nodes, codes).expectation(found)
print(json.dumps({"seconds": seconds[0], "cpu": seconds[1], "log_likelihood": float(logs.mean())}), flush=True)
os._exit(0)
