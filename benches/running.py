"""What all cases share: settings, programs run and timed, waiting for a quiet machine."""

import os
import subprocess
import sys
import time
from pathlib import Path

import data

ROOT = data.ROOT
NATGRAD = os.environ["NATGRAD"]
RUNS = ROOT / "target" / "bench-runs"
ARGUMENTS = sys.argv[1:]
MODE = ARGUMENTS[0] if ARGUMENTS and ARGUMENTS[0] in ("quick", "full") else "quick"
CASES = [a for a in ARGUMENTS if a not in ("quick", "full")]
QUICK = MODE == "quick"
THREADS = 2
# Large temporaries of numpy go back to the system and fault in again by default; keeping them favours the peers.
KEEP = {"GLIBC_TUNABLES": "glibc.malloc.mmap_threshold=4294967296:glibc.malloc.trim_threshold=8589934592"}
PEER_THREADS = KEEP | {v: str(THREADS) for v in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")}


def say(*what):
    print(time.strftime("%H:%M:%S"), *what, file=sys.stderr, flush=True)


def busy(seconds=0.5):
    """Share of the machine that others keep busy."""
    def read():
        fields = [int(v) for v in Path("/proc/stat").read_text().split("\n")[0].split()[1:]]
        return sum(fields), fields[3] + fields[4]

    total, idle = read()
    time.sleep(seconds)
    after, idle_after = read()
    return 1 - (idle_after - idle) / max(after - total, 1)


WAITED, DISTURBANCE = [0.0], []


def quiet(limit=20):
    """Waits a while for other programs to leave the processors, ten minutes in all at most."""
    begun = time.monotonic()
    while (share := busy()) > 0.1 and time.monotonic() - begun < limit and WAITED[0] < 600:
        time.sleep(1)
    WAITED[0] += time.monotonic() - begun
    DISTURBANCE.append(share)


def spawn(command, output=None):
    """Runs a program: seconds, CPU seconds, peak memory in MB."""
    begun = time.perf_counter()
    with open(RUNS / "log.txt", "w") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log, cwd=ROOT)
        _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    wall = time.perf_counter() - begun
    if process.returncode:
        raise RuntimeError(f"{' '.join(map(str, command))}\n{(RUNS / 'log.txt').read_text()[-2000:]}")
    return {"wall": wall, "cpu": usage.ru_utime + usage.ru_stime, "peak_mb": usage.ru_maxrss / 1024}
