"""Steps of a variational autoencoder (784-256-32, batch 128, Adam) beside PyTorch on the same processor, in turns.

cargo build --release -p natgrad --example autoencoder_speed
.venv-bench/bin/python benches/autoencoder.py [rounds]

Processor time per step is the difference of a long and a short run, so start-up counts for none; wall time is the least over
single steps. PyTorch's Adam is measured as it comes and fused.
"""

import os
import re
import resource
import statistics
import subprocess
import sys
import time

PROGRAM = os.path.join(os.environ.get("CARGO_TARGET_DIR", "target"), "release", "examples", "autoencoder_speed")
SHORT, LONG = 10, 90
COLUMNS, HIDDEN, LATENTS, BATCH, ROWS = 784, 256, 32, 128, 20_000


def cpu(command, threads):
    """Processor time and what the program says."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    environment = {**os.environ, "RAYON_NUM_THREADS": str(threads)}
    said = subprocess.run(command, env=environment, check=True, capture_output=True, text=True).stdout
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, said


def difference(command, threads):
    """Milliseconds of processor time per step, and least wall time of a step."""
    short, _ = cpu([*command, str(SHORT)], threads)
    long, said = cpu([*command, str(LONG)], threads)
    return 1e3 * (long - short) / (LONG - SHORT), float(re.search(r"([\d.]+) ms per step", said)[1])


def peer(precision, threads, fused, steps):
    """The same model, batch and optimiser in PyTorch."""
    import torch
    from torch import nn

    torch.set_num_threads(threads)
    torch.manual_seed(0)
    kind = {"f32": torch.float32, "f64": torch.float64}[precision]
    layers = [(COLUMNS, HIDDEN), (HIDDEN, 2 * LATENTS), (LATENTS, HIDDEN), (HIDDEN, COLUMNS)]
    first, heads, second, last = (nn.Linear(a, b, dtype=kind) for a, b in layers)
    parameters = [p for m in (first, heads, second, last) for p in m.parameters()]
    optimiser = torch.optim.Adam(parameters, lr=1e-3, fused=fused)
    data = (torch.rand(ROWS, COLUMNS) < 0.2).to(kind)
    order = torch.randperm(ROWS)
    least = float("inf")
    for step in range(steps):
        begin = time.perf_counter()
        at = step % (ROWS // BATCH) * BATCH
        x = data[order[at : at + BATCH]]
        m, s = heads(torch.tanh(first(x))).chunk(2, 1)
        z = m + torch.exp(s) * torch.randn_like(m)
        logits = last(torch.tanh(second(z)))
        loss = nn.functional.binary_cross_entropy_with_logits(logits, x, reduction="sum")
        loss = (loss + (0.5 * (m * m + torch.exp(2 * s)) - s - 0.5).sum()) / BATCH
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        optimiser.step()
        least = min(least, time.perf_counter() - begin)
    print(f"{1e3 * least:.2f} ms per step")


def main():
    if sys.argv[1:2] == ["peer"]:
        _, _, precision, threads, fused, steps = sys.argv
        return peer(precision, int(threads), fused == "fused", int(steps))
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 3
    print("| precision | threads | program | processor time per step (median) | least wall time of a step |")
    print("|---|---|---|---|---|")
    for precision in ("f32", "f64"):
        for threads in (1, 2):
            programs = {
                "natgrad": [PROGRAM, precision],
                "PyTorch": [sys.executable, __file__, "peer", precision, str(threads), "plain"],
                "PyTorch, fused Adam": [sys.executable, __file__, "peer", precision, str(threads), "fused"],
            }
            found = {name: [] for name in programs}
            for _ in range(rounds):
                for name, command in programs.items():
                    found[name].append(difference(command, threads))
            for name, values in found.items():
                median = statistics.median(v[0] for v in values)
                least = min(v[1] for v in values)
                print(f"| {precision} | {threads} | {name} | {median:.2f} ms | {least:.2f} ms |", flush=True)
    print(cpu([PROGRAM, "f32", "50"], 1)[1], cpu([PROGRAM, "f64", "50"], 1)[1], sep="")


if __name__ == "__main__":
    main()
