"""The table of results."""


def _met(value):
    return {True: "yes", False: "no", None: ""}[value]


def _networks(cases):
    """Tables of the cases with Bayesian networks."""
    lines = []
    found = [(c, f) for n in ("network_hidden", "network_missing") for c in [cases.get(n, {})] for f in c.get("networks", [])]
    if found:
        lines += ["", "Bayesian networks, seconds per EM iteration: the fastest of each, in turns, same rows, start and number of iterations. "
                  "pyAgrum runs on two threads, pgmpy on its default of one process, numpy is bucket elimination of all rows at once "
                  "(oracles/networks). pyAgrum smooths by 1e-12, without which a table row that no data row reaches is an error in it; pgmpy drops "
                  "rows with a missing cell and is left out there. One pass before the first iteration merges the rows; it is not in these times. Difference: of the log-likelihoods after the iterations, relative.", "",
                  "| network | rows | hidden | missing cells | natgrad s | peer | peer s | ratio | goal | difference | met |",
                  "|---|---|---|---|---|---|---|---|---|---|---|"]
        for _, f in found:
            for p in f["peers"]:
                goal = f"≥ {p['goal']}" if p["goal"] else ""
                lines.append(f"| {f['network']} | {f['rows']} | {', '.join(f['hidden'])} | {100 * f['missing']:.0f} % | {f['natgrad']['fastest']:.5f} | "
                             f"{p['peer']} | {p['fastest']:.3f} | {p['ratio']:.0f} | {goal} | {p['difference']:.0e} | {_met(p['met'])} |")
    if rows := cases.get("network_rows", {}).get("rows"):
        lines += ["", "Rows of alarm as Parquet (three nodes hidden, or 2 % of the cells missing). Goal: "
                  f"{cases['network_rows']['goal']}; met: {_met(cases['network_rows']['met'])}.", "",
                  "| data | rows | file MB | peak MB | s an iteration | s in all |", "|---|---|---|---|---|---|"]
        lines += [f"| {r['kind']} | {r['rows']} | {r['file_mb']:.0f} | {r['peak_mb']:.0f} | {r['seconds']:.3f} | {r['wall']:.1f} |" for r in rows]
    if rows := cases.get("network_passes", {}).get("passes"):
        lines += ["", "Networks to the maximum, 5000 rows (remaining gain < 1e-10 nats per row): everything `--metric auto` uses until it stops, against "
                  f"EM until it has the same ELBO within 1e-10. Goal: {cases['network_passes']['goal']}; met: {_met(cases['network_passes']['met'])}.", "",
                  "| network | hidden | passes auto | passes EM | ratio | s auto | s EM | status | ELBO auto | ELBO EM at its end |",
                  "|---|---|---|---|---|---|---|---|---|---|"]
        for r in rows:
            more = "" if r["joint_got_there"] else "> "
            lines.append(f"| {r['network']} | {', '.join(r['hidden'])} | {r['passes']['auto']:.0f} | {more}{r['passes']['joint']:.0f} | {more}{r['ratio']:.1f} | "
                         f"{r['seconds']['auto']:.2f} | {more}{r['seconds']['joint']:.2f} | {r['status']} | {r['elbo']:.10f} | {r['elbo_joint_end']:.10f} |")
    c = cases.get("network_threads", {})
    if "speed_up" in c:
        lines += ["", f"{c['case']}: {'same bits' if c['same_bits'] else 'other bits'}, {c['speed_up']:.2f} times faster on two threads."]
    return lines


def _factors(cases):
    """Factor analysis and p-PCA."""
    found = [f for n in ("factor_analysis", "ppca") for f in cases.get(n, {}).get("factors", [])]
    if not found:
        return []
    lines = ["", "Factor analysis and p-PCA to the same evidence. natgrad's time is the whole program's: reading the .npy file, the fit to a "
             "remaining gain below 1e-10 nats per row, the certificates and the report; the peers' is that of `fit` on a table in memory, "
             "factor analysis with the loosest tolerance (a power of ten) that comes within 1e-8 nats per row. With loading: the peer's "
             "numpy.load and fit over natgrad's whole program. Fit alone: the peer's fit over what is the same of natgrad (p-PCA: the "
             "closed form from rows in memory; factor analysis: the climb too, but not the sweep for the residual's standard error, which no peer has), least times; the goal is for this ratio. Difference: of "
             "the evidence, natgrad's minus the peer's, nats per row.", "",
             "| model | rows | columns | factors | natgrad s | peak MB | peer | peer s | ratio | fastest | CPU | with loading | fit alone | goal | difference | met |",
             "|---|---|---|---|---|---|---|---|---|---|---|---|---|---|---|---|"]
    for f in found:
        for p in f["peers"]:
            goal = f"≥ {p['goal']}" if p["goal"] else ""
            lines.append(f"| {f['model']} | {f['rows']} | {f['columns']} | {f['latent']} | {f['seconds']:.2f} | {f['peak_mb']:.0f} | {p['peer']} | "
                         f"{p['seconds']:.2f} | {p['ratio']:.1f} | {p['ratio_fastest']:.1f} | {p['ratio_cpu']:.1f} | {p['ratio_with_loading']:.2f} | "
                         f"{p['ratio_fit_alone']:.2f} | {goal} | {p['difference']:.0e} | {_met(p['met'])} |")
    for f in found:
        parts = ", ".join(f"{name.replace('_', ' ')} {seconds:.2f} s" for name, seconds in f["parts"].items())
        lines.append(f"\nnatgrad's parts, {f['model']}: {parts}.")
    return lines


def markdown(results):
    m = results["machine"]
    lines = [f"# Benchmarks ({results['mode']})", "",
             f"{m['cpu']}, {m['cores']} cores, {m['memory_gb']} GiB, {m['system']}; {m['threads']} threads, doubles; {m['natgrad']}; "
             + ", ".join(f"{k} {v}" for k, v in m["versions"].items()) + ".", "",
             "Seconds per EM iteration: medians over all rounds, natgrad and peers in turns on the same data from the same start. "
             "Ratio: the peer's time over natgrad's; by fastest iteration and by CPU time besides, which other load on the machine "
             "disturbs less. ELBO: difference between natgrad and the peer after the same number of iterations, nats per row. "
             "StepMix and the numpy rows keep probabilities at 1e-15 from 0 and 1, natgrad does not: on MNIST, with pixels that are always "
             "0, the ELBOs part there (the numpy row with a bound of 1e-300 agrees to 1e-11; StepMix was not tried so). The numpy rows are EM written by hand in BLAS products. pomegranate runs in doubles, its checks of the data switched off; on diagonal covariances one round of it did not end in three minutes, and it was left out there.", "",
             "| case | natgrad s | peer | peer s | ratio | fastest | CPU | goal | met | ELBO | peak share |",
             "|---|---|---|---|---|---|---|---|---|---|---|"]
    cases = results["cases"]
    for c in cases.values():
        for p in c.get("peers", []):
            goal = f"≥ {p['goal']}" if p["goal"] else ""
            share = f"{100 * c['peak']['share']:.0f} % of {c['peak']['peak_gflops']:.0f} GFLOP/s" if "peak" in c else ""
            difference = f"{p['elbo_difference']:.0e}" if p["elbo_difference"] is not None else ""
            note = f" ({c['note']})" if c.get("note") else ""
            lines.append(f"| {c['case']}{note} | {c['natgrad']['seconds']:.4f} | {p['peer']} | {p['seconds']:.4f} | {p['ratio']:.1f} | "
                         f"{p['ratio_fastest']:.1f} | {p['ratio_cpu']:.1f} | {goal} | {_met(p['met'])} | {difference} | {share} |")
    c = cases.get("to_the_maximum", {})
    if "rows" in c:
        lines += ["", "To the maximum (remaining gain < 1e-9 nats per row): everything `--metric auto` uses until it stops, against "
                  f"`--metric joint` (EM) until it has the same ELBO within 1e-9. Goal: {c['goal']}; met: {_met(c['met'])}.", "",
                  "| data | passes auto | passes EM | ratio | s auto | s EM | ratio | remaining | ELBO auto | ELBO EM at its end |",
                  "|---|---|---|---|---|---|---|---|---|---|"]
        for r in c["rows"]:
            more = "" if r["joint_got_there"] else "> "
            left = "" if r["remaining"] is None else f"{r['remaining']:.0e}"
            lines.append(f"| {r['data']} | {r['passes']['auto']:.1f} | {more}{r['passes']['joint']:.0f} | {more}{r['passes_ratio']:.1f} | "
                         f"{r['seconds']['auto']:.3f} | {more}{r['seconds']['joint']:.3f} | {more}{r['seconds_ratio']:.1f} | "
                         f"{left} | {r['elbo']:.10f} | {r['elbo_joint_end']:.10f} |")
    lines += _networks(cases)
    lines += _factors(cases)
    lines += ["", "| case | found | goal | met |", "|---|---|---|---|"]
    for r in cases.get("memory", {}).get("rows", []):
        lines.append(f"| fit of a Parquet file of {r['file_mb']:.0f} MB | peak {r['peak_mb']:.0f} MB, {r['seconds_per_pass']:.1f} s a pass | "
                     f"≤ 500 MB | {_met(r['peak_mb'] <= 500)} |")
    c = cases.get("threads", {})
    if "speed_up" in c:
        lines.append(f"| {c['case']} | {'same bits' if c['same_bits'] else 'other bits'}, {c['speed_up']:.2f} times faster "
                     f"(fastest iterations: {c['speed_up_fastest']:.2f}) | {c['goal']} | {_met(c['met'])} |")
    c = cases.get("cold_start", {})
    if "milliseconds" in c:
        lines.append(f"| {c['case']} | {c['milliseconds']:.0f} ms (fastest {c['fastest']:.0f}) | {c['goal']} | {_met(c['met'])} |")
    for c in cases.values():
        if "failed" in c:
            lines.append(f"| {c['case']} | failed: {c['failed'].splitlines()[0][:120]} | | no |")
    by = {}
    for name, c in cases.items():
        by.setdefault(f"{c.get('by', m['natgrad'])}, {c.get('mode', results['mode'])}", []).append(name)
    lines += ["", "Measured with: " + "; ".join(f"{b}: {', '.join(names)}" for b, names in by.items()) + "."]
    lines += ["", "Peers run with an allocator that keeps freed memory (one iteration of scikit-learn, full covariance, took 11.8 s with it and 21.3 s without, one run each), but in: "
              + (", ".join(n for n, c in cases.items() if "peers" in c and not c.get("peers_keep_memory")) or "none") + "."]
    shares = [x for c in cases.values() for x in c.get("disturbance", [])]
    if shares:
        lines += ["", "Before each round the benchmark waits up to 20 s for other programs to leave the processors; what they still "
                  f"kept busy then: median {100 * sorted(shares)[len(shares) // 2]:.0f} %, at most {100 * max(shares):.0f} %."]
    unwatched = [n for n, c in cases.items() if "disturbance" not in c]
    if unwatched:
        lines += ["", "No wait, and no record of other load, in: " + ", ".join(unwatched) + "."]
    lines += [""] + [f"* {note}" for note in results.get("notes", [])]
    return "\n".join(lines) + "\n"
