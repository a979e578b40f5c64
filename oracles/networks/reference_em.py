"""EM of Bayesian networks by bucket elimination and reverse-mode differentiation, all rows at once, in numpy.

Every row is soft evidence (ones for an unseen cell). Eliminating all nodes gives the rows' likelihoods; expected counts are
table entries times the derivatives of the log-likelihood by them. No junction tree, no grouping of rows or of gaps.
"""

import gzip
import json
import re
from pathlib import Path

import numpy as np

LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXY"


def read_bif(path):
    """{name: (states, parents, table [parents…, states])} in the order of the file, which may be packed by gzip."""
    raw = Path(path).read_bytes()
    text = (gzip.decompress(raw) if raw[:2] == b"\x1f\x8b" else raw).decode()
    states = {name: [s.strip() for s in inside.split(",")]
              for name, inside in re.findall(r"variable\s+(\S+)\s*\{[^{]*\{([^}]*)\}", text)}
    nodes = {}
    for head, body in re.findall(r"probability\s*\(([^)]*)\)\s*\{([^}]*)\}", text):
        child, _, rest = (part.strip() for part in head.partition("|"))
        parents = [p.strip() for p in rest.split(",") if p.strip()]
        table = np.full([len(states[v]) for v in [*parents, child]], np.nan)
        for row in body.split(";"):
            found = re.match(r"\s*(?:table|\(([^)]*)\))\s*(.*)", row, re.S)
            if found:
                where = [s.strip() for s in found[1].split(",")] if found[1] else []
                table[tuple(states[p].index(s) for p, s in zip(parents, where))] = [float(v) for v in found[2].split(",")]
        assert not np.isnan(table).any(), child
        nodes[child] = (states[child], parents, table / table.sum(-1, keepdims=True))
    return {name: nodes[name] for name in states}


def write_network(path, nodes):
    """Network JSON: a row of the table for every configuration of the parents, the first parent slowest."""
    listed = [json.dumps({"name": v, "states": states, "parents": parents, "table": table.reshape(-1, len(states)).tolist()})
              for v, (states, parents, table) in nodes.items()]
    Path(path).write_text('{"nodes": [\n' + ",\n".join(listed) + "\n]}\n")


def parents_first(nodes):
    order = []
    while len(order) < len(nodes):
        order += [v for v, (_, parents, _) in nodes.items() if v not in order and all(p in order for p in parents)]
    return order


def sample(nodes, rows, rng):
    """Codes [rows][nodes] drawn from the network."""
    drawn = {}
    for v in parents_first(nodes):
        _, parents, table = nodes[v]
        below = table.cumsum(-1)[tuple(drawn[p] for p in parents)]
        drawn[v] = np.minimum((rng.random((rows, 1)) > below).sum(-1), table.shape[-1] - 1).astype(np.int8)
    return np.stack([drawn[v] for v in nodes], 1)


def blurred(nodes, rng, share=0.5):
    """The same network, every row of its tables mixed with a draw from the uniform Dirichlet distribution."""
    new = {}
    for v, (states, parents, table) in nodes.items():
        mixed = (1 - share) * table + share * rng.dirichlet(np.ones(len(states)), size=table.shape[:-1])
        new[v] = (states, parents, mixed / mixed.sum(-1, keepdims=True))
    return new


def elimination_order(nodes):
    """Min-fill."""
    near = {v: set() for v in nodes}
    for v, (_, parents, _) in nodes.items():
        for a in (family := {v, *parents}):
            near[a] |= family - {a}

    def fill(v):
        around = sorted(near[v])
        return sum(b not in near[a] for i, a in enumerate(around) for b in around[i + 1:])

    order = []
    while near:
        v = min(near, key=lambda u: (fill(u), len(near[u])))
        for a in near[v]:
            near[a] = (near[a] | near[v]) - {a, v}
        del near[v]
        order.append(v)
    return order


def multiply(factors, wanted, rows):
    """Product of factors (scope, array, has rows), summed to `wanted` and, without `rows`, over the rows."""
    letters = {v: LETTERS[i] for i, v in enumerate(dict.fromkeys(v for scope, _, _ in factors for v in scope))}
    terms = ["Z" * has + "".join(letters[v] for v in scope) for scope, _, has in factors]
    out = "Z" * rows + "".join(letters[v] for v in wanted)
    return np.einsum(",".join(terms) + "->" + out, *[a for _, a, _ in factors], optimize="greedy")


class Learner:
    """Rows are codes in the order of the nodes, -1 where unseen."""

    def __init__(self, nodes, codes, block=500):
        self.names, self.order, self.codes, self.block = list(nodes), elimination_order(nodes), codes, block
        self.families = [[*nodes[v][1], v] for v in self.names]
        self.states = [len(nodes[v][0]) for v in self.names]

    def _rows(self, tables, codes):
        seen = [np.where(codes[:, i, None] < 0, 1.0, codes[:, i, None] == np.arange(k)) for i, k in enumerate(self.states)]
        pool = [(f, t, False) for f, t in zip(self.families, tables)] + [([v], e, True) for v, e in zip(self.names, seen)]
        buckets, alive = [], set(range(len(pool)))
        for v in self.order:
            used = sorted(i for i in alive if v in pool[i][0])
            scope = sorted({u for i in used for u in pool[i][0]} - {v})
            buckets.append((used, len(pool)))
            alive = (alive - set(used)) | {len(pool)}
            pool.append((scope, multiply([pool[i] for i in used], scope, True), True))
        # What is left has no nodes: one number a row for every component of the graph.
        logs = sum(np.log(pool[i][1]) for i in alive)
        slopes = {i: 1 / pool[i][1] for i in alive}
        n = len(tables)
        for used, out in reversed(buckets):
            above = (pool[out][0], slopes.pop(out), True)
            for i in used:
                if not n <= i < 2 * n:  # derivatives by evidence are not needed
                    others = [above, *(pool[j] for j in used if j != i)]
                    slopes[i] = multiply(others, pool[i][0], pool[i][2])
        return logs, [t * slopes[i] for i, t in enumerate(tables)]

    def expectation(self, tables):
        """Log-likelihoods of the rows in nats, and the expected counts of every family."""
        logs, counts = [], [np.zeros_like(t) for t in tables]
        for begin in range(0, len(self.codes), self.block):
            some, part = self._rows(tables, self.codes[begin:begin + self.block])
            logs.append(some)
            for c, p in zip(counts, part):
                c += p
        return np.concatenate(logs), counts

    def step(self, tables):
        """One EM step: log-likelihood at `tables`, and the new tables; a table row that no data row reaches stays."""
        logs, counts = self.expectation(tables)
        new = []
        for t, c in zip(tables, counts):
            mass = c.sum(-1, keepdims=True)
            new.append(np.where(mass > 0, c / np.where(mass > 0, mass, 1), t))
        return float(logs.sum()), new
