//! Local models: derivatives, scores, curvatures and M-steps as laws on every kind.

use natgrad::network::local::{Local, LocalSpec, Logistic, NoisyOr, Softmax, Table};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha12Rng;

fn kinds() -> Vec<Box<dyn Local>> {
    let mut all: Vec<Box<dyn Local>> = Vec::new();
    for parents in [vec![], vec![2], vec![3, 2], vec![2, 2, 2], vec![1, 4]] {
        let configurations = parents.iter().product();
        all.push(Box::new(Table { states: 2, configurations }));
        all.push(Box::new(Table { states: 3, configurations }));
        all.push(Box::new(Softmax { states: 3, configurations }));
        all.push(Box::new(Logistic { parents: parents.clone() }));
        all.push(Box::new(NoisyOr { parents }));
    }
    all.push(Box::new(Table { states: 1, configurations: 2 }));
    all.push(Box::new(Softmax { states: 1, configurations: 2 }));
    all
}

fn generator(seed: u64) -> ChaCha12Rng {
    ChaCha12Rng::seed_from_u64(seed)
}

/// Parameters inside.
fn parameters(local: &dyn Local, seed: u64) -> Vec<f64> {
    let mut rng = generator(seed);
    if local.kind() != "table" {
        return (0..local.parameters()).map(|_| 4.0 * rng.random::<f64>() - 2.0).collect();
    }
    let mut table = Vec::new();
    for _ in 0..local.configurations() {
        let row: Vec<f64> = (0..local.states()).map(|_| 0.1 + rng.random::<f64>()).collect();
        let total: f64 = row.iter().sum();
        table.extend(row.into_iter().map(|p| p / total));
    }
    local.inverse(&table).expect("a table takes every table")
}

/// Counts of which a share is 0.
fn counts(local: &dyn Local, seed: u64, zeros: f64) -> Vec<f64> {
    let mut rng = generator(seed + 77);
    let mut one = || if rng.random::<f64>() < zeros { 0.0 } else { 20.0 * rng.random::<f64>() };
    (0..local.configurations() * local.states()).map(|_| one()).collect()
}

fn table(local: &dyn Local, xi: &[f64]) -> Vec<f64> {
    let mut out = vec![f64::NAN; local.configurations() * local.states()];
    local.probabilities(xi, &mut out);
    out
}

fn log_likelihood(local: &dyn Local, counts: &[f64], prior: f64, xi: &[f64]) -> f64 {
    let of = |(n, p): (&f64, f64)| if n + prior > 0.0 { (n + prior) * p.ln() } else { 0.0 };
    counts.iter().zip(table(local, xi)).map(of).sum()
}

/// Slope of the expected log-likelihood, and the sum of the sizes of its terms.
fn slope(local: &dyn Local, counts: &[f64], prior: f64, xi: &[f64]) -> (Vec<f64>, f64) {
    let (mut out, mut size) = (vec![0.0; xi.len()], 0.0);
    for c in 0..local.configurations() {
        for a in 0..local.states() {
            let n = counts[c * local.states() + a] + prior;
            local.score(xi, c, a, &mut |j, d| {
                out[j] += n * d;
                size += (n * d).abs();
            });
        }
    }
    (out, size)
}

fn curvature(local: &dyn Local, counts: &[f64], xi: &[f64]) -> Vec<Vec<f64>> {
    let mut out = vec![vec![0.0; xi.len()]; xi.len()];
    local.curvature(counts, xi, &mut |i, j, h| {
        assert!(i >= j, "{}: the lower triangle", local.kind());
        out[i][j] += h;
        if i != j {
            out[j][i] += h;
        }
    });
    out
}

fn moved(xi: &[f64], j: usize, by: f64) -> Vec<f64> {
    let mut out = xi.to_vec();
    out[j] += by;
    out
}

#[test]
fn scores_and_curvatures_are_those_of_the_probabilities() {
    for (kind, local) in kinds().iter().enumerate() {
        let local = &**local;
        for seed in 0..10 {
            let xi = parameters(local, seed);
            let n = counts(local, seed, 0.3);
            let k = local.states();
            let p = table(local, &xi);
            for row in p.chunks(k) {
                // A sum of k roundings.
                assert!((row.iter().sum::<f64>() - 1.0).abs() < 1e-15 * (k as f64 + 1.0));
            }
            let h = 1e-5;
            for c in 0..local.configurations() {
                let mut derivatives = vec![vec![0.0; k]; xi.len()];
                local.derivatives(&xi, c, &mut |j, d| derivatives[j] = d.to_vec());
                for a in 0..k {
                    let mut score = vec![0.0; xi.len()];
                    local.score(&xi, c, a, &mut |j, d| score[j] += d);
                    for j in 0..xi.len() {
                        let (up, down) = (table(local, &moved(&xi, j, h)), table(local, &moved(&xi, j, -h)));
                        let central = (up[c * k + a] - down[c * k + a]) / (2.0 * h);
                        // Central differences: h² of the third derivative, and rounding over h.
                        assert!((derivatives[j][a] - central).abs() < 1e-9, "kind {kind}");
                        let expected = derivatives[j][a] / p[c * k + a];
                        assert!((score[j] - expected).abs() <= 1e-13 * (1.0 + expected.abs()), "kind {kind}");
                    }
                }
            }
            let found = curvature(local, &n, &xi);
            for j in 0..xi.len() {
                let (up, down) = (moved(&xi, j, h), moved(&xi, j, -h));
                let (up, size) = slope(local, &n, 0.0, &up);
                let down = slope(local, &n, 0.0, &down).0;
                for i in 0..xi.len() {
                    let central = (down[i] - up[i]) / (2.0 * h);
                    // Tables curve as 1/p², with fourth derivatives as 1/p⁴.
                    assert!(
                        (found[i][j] - central).abs() < 1e-7 * (1.0 + size + central.abs()),
                        "kind {kind}: {i} {j}"
                    );
                }
            }
        }
    }
}

#[test]
fn the_m_step_never_goes_down_and_ends_where_it_is_level() {
    for (kind, local) in kinds().iter().enumerate() {
        let local = &**local;
        for seed in 0..60 {
            for (zeros, prior) in [(0.0, 0.0), (0.5, 0.0), (0.8, 0.0), (0.5, 0.1)] {
                let xi = parameters(local, seed);
                let n = counts(local, seed, zeros);
                let best = local.maximise(&n, &xi, prior);
                let place = format!("kind {kind} ({}), seed {seed}, zeros {zeros}, prior {prior}", local.kind());
                assert_eq!(best.len(), xi.len());
                let p = table(local, &best);
                assert!(p.iter().all(|p| (0.0..=1.0 + 1e-15).contains(p)), "{place}: {p:?}");
                let (before, after) = (log_likelihood(local, &n, prior, &xi), log_likelihood(local, &n, prior, &best));
                assert!(after >= before - 1e-13 * (1.0 + before.abs()), "{place}: {before} {after}");
                let (slope, size) = slope(local, &n, prior, &best);
                let inside = |j: usize| local.kind() == "table" || best[j].is_finite();
                for j in (0..xi.len()).filter(|&j| inside(j)) {
                    let edge = local.kind() == "table" && p.contains(&0.0);
                    assert!(edge || slope[j].abs() <= 1e-8 * (1.0 + size), "{place}: slope {} of {size}", slope[j]);
                }
                // No direction leads up, from a few random ones.
                let mut rng = generator(seed + 5);
                for _ in 0..20 {
                    let near: Vec<f64> = best.iter().map(|x| x + 1e-3 * (rng.random::<f64>() - 0.5)).collect();
                    if table(local, &near).iter().any(|p| *p < 0.0) {
                        continue;
                    }
                    let there = log_likelihood(local, &n, prior, &near);
                    assert!(there <= after + 1e-11 * (1.0 + after.abs()), "{place}: {there} above {after}");
                }
                // From its own answer it does not move.
                let again = log_likelihood(local, &n, prior, &local.maximise(&n, &best, prior));
                assert!((again - after).abs() <= 1e-11 * (1.0 + after.abs()), "{place}: {after} {again}");
            }
        }
    }
}

/// Maximises by trying steps of every size in every coordinate, from several starts.
fn brute_force(local: &dyn Local, n: &[f64]) -> f64 {
    let mut best = f64::NEG_INFINITY;
    for seed in 0..6 {
        let mut xi = parameters(local, seed + 900);
        let mut value = log_likelihood(local, n, 0.0, &xi);
        let mut step = 0.5;
        while step > 1e-6 {
            let mut better = false;
            for j in 0..xi.len() {
                for by in [step, -step] {
                    let next = moved(&xi, j, by);
                    let there = log_likelihood(local, n, 0.0, &next);
                    if there > value {
                        (xi, value, better) = (next, there, true);
                    }
                }
            }
            if !better {
                step *= 0.5;
            }
        }
        best = best.max(value);
    }
    best
}

#[test]
fn the_m_step_finds_what_brute_force_finds() {
    for parents in [vec![], vec![2], vec![2, 2], vec![3, 2]] {
        for local in [
            Box::new(Logistic { parents: parents.clone() }) as Box<dyn Local>,
            Box::new(NoisyOr { parents: parents.clone() }),
        ] {
            for seed in 0..8 {
                let n = counts(&*local, seed, 0.0);
                let found = log_likelihood(&*local, &n, 0.0, &local.maximise(&n, &parameters(&*local, seed), 0.0));
                let expected = brute_force(&*local, &n);
                // Coordinate search stops at steps of 1e-6 in a function that is flat to first order there.
                assert!((found - expected).abs() < 1e-9 * (1.0 + expected.abs()), "{local:?}: {found} {expected}");
            }
        }
    }
}

#[test]
fn separable_counts_and_parents_that_agree_have_an_answer() {
    let local = Logistic { parents: vec![2, 2] };
    // Separable: the second state exactly where the first parent is on.
    let xi = local.maximise(&[3.0, 0.0, 2.0, 0.0, 0.0, 4.0, 0.0, 1.0], &[0.0; 3], 0.0);
    assert!(xi.iter().all(|x| x.is_finite() && x.abs() < 90.0), "{xi:?}");
    assert!(log_likelihood(&local, &[3.0, 0.0, 2.0, 0.0, 0.0, 4.0, 0.0, 1.0], 0.0, &xi) > -1e-11);
    // Two parents that always agree: only their sum is seen.
    let n = [3.0, 1.0, 0.0, 0.0, 0.0, 0.0, 1.0, 4.0];
    let xi = local.maximise(&n, &[0.3, -0.1, 0.0], 0.0);
    assert!((xi[2] - (1.0f64 / 3.0).ln()).abs() < 1e-12, "{xi:?}");
    assert!((xi[0] + xi[1] + xi[2] - 4f64.ln()).abs() < 1e-12, "{xi:?}");
    let local = NoisyOr { parents: vec![2, 2] };
    let p = table(&local, &local.maximise(&n, &[0.3, -0.1, 0.0], 0.0));
    assert!((p[0] - 0.75).abs() < 1e-12 && (p[6] - 0.2).abs() < 1e-12, "{p:?}");
    // A parent that never is on keeps its weight; without counts all stay.
    for local in [Box::new(Logistic { parents: vec![2, 2] }) as Box<dyn Local>, Box::new(local)] {
        let xi = local.maximise(&[3.0, 1.0, 0.0, 0.0, 2.0, 5.0, 0.0, 0.0], &[0.3, -0.7, 0.0], 0.0);
        assert_eq!(xi[1], -0.7);
        assert_eq!(local.maximise(&[0.0; 8], &[0.3, -0.7, 0.1], 0.0), [0.3, -0.7, 0.1]);
    }
}

#[test]
fn certainty_is_exact() {
    let inf = f64::INFINITY;
    let local = NoisyOr { parents: vec![2, 2] };
    for xi in [[inf, -inf, 0.3], [0.2, inf, -inf], [inf, inf, inf], [-inf, -inf, -inf], [-800.0, 800.0, -800.0]] {
        let p = table(&local, &xi);
        assert!(p.iter().all(|p| (0.0..=1.0).contains(p)), "{p:?}");
        let mut seen = 0.0;
        for c in 0..4 {
            local.derivatives(&xi, c, &mut |j, d| {
                assert!(d.iter().all(|d| d.is_finite()) && (xi[j].is_finite() || d == [0.0, 0.0]), "{xi:?} {d:?}");
            });
            (0..2).for_each(|a| local.score(&xi, c, a, &mut |_, d| seen += d));
        }
        local.curvature(&[1.0; 8], &xi, &mut |_, _, h| seen += h);
        assert!(seen.is_finite(), "{xi:?}: {seen}");
        let again = table(&local, &local.inverse(&p).expect("its own probabilities"));
        assert!(p.iter().zip(&again).all(|(a, b)| (a - b).abs() < 1e-15), "{p:?} {again:?}");
    }
    assert_eq!(table(&local, &[inf, -inf, -inf]), [1.0, 0.0, 1.0, 0.0, 0.0, 1.0, 0.0, 1.0]);
    assert!(local.inverse(&[0.9, 0.1, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5]).is_none());
    // Frequencies of 0 and 1; the last state of a table keeps what it has been given, however little.
    assert_eq!(local.maximise(&[3.0, 0.0, 0.0, 0.0, 0.0, 2.0, 0.0, 0.0], &[0.0; 3], 0.0), [inf, 0.0, -inf]);
    let soft = Softmax { states: 3, configurations: 2 };
    let xi = soft.maximise(&[1.0, 0.0, 3.0, 0.0, 0.0, 0.0], &[0.1, 0.2, 0.3, 0.4, 0.4, 0.4], 0.0);
    assert_eq!((xi[1], &xi[3..]), (-inf, &[0.4, 0.4, 0.4][..]));
    let p = table(&soft, &xi);
    assert!(p[1] == 0.0 && (p[0] - 0.25).abs() < 1e-15 && p.iter().all(|p| p.is_finite()), "{p:?}");
    soft.curvature(&[1.0; 6], &xi, &mut |_, _, h| assert!(h.is_finite()));
    let free = Table { states: 3, configurations: 1 };
    let n = [3.0, 5.0, 1e-18];
    assert!(log_likelihood(&free, &n, 0.0, &free.maximise(&n, &[0.2, 0.2], 0.0)) > -6.0);
}

#[test]
fn noisy_or_nodes_are_written_as_probabilities() {
    let spec = LocalSpec::NoisyOr { weights: vec![vec![0.8], vec![0.5, 1.0]], leak: 0.01 };
    let (local, xi) = spec.build("u", 2, &[2, 3]).expect("it fits");
    let p = table(&*local, &xi);
    let off = [0.99, 0.99 * 0.5, 0.0, 0.99 * 0.2, 0.99 * 0.2 * 0.5, 0.0];
    assert!(off.iter().zip(p.chunks(2)).all(|(off, row)| (off - row[0]).abs() < 1e-15), "{p:?}");
    let LocalSpec::NoisyOr { weights, leak } = LocalSpec::of(&*local, &xi, 2, &[2, 3]).expect("a form") else {
        panic!("another kind");
    };
    assert!((weights[0][0] - 0.8).abs() < 1e-15 && (leak - 0.01).abs() < 1e-15 && weights[1][1] == 1.0);
    let problem = |spec: LocalSpec, states| spec.build("u", states, &[2]).expect_err("refused").to_string();
    let bad = problem(LocalSpec::NoisyOr { weights: vec![vec![1.5]], leak: 0.0 }, 2);
    assert!(bad.contains("\"u\"") && bad.contains("1.5 is no probability"), "{bad}");
    let bad = problem(LocalSpec::NoisyOr { weights: vec![], leak: 0.0 }, 2);
    assert!(bad.contains("weights for 0 parents where it has 1"), "{bad}");
    let bad = problem(LocalSpec::NoisyOr { weights: vec![vec![0.5]], leak: 0.0 }, 3);
    assert!(bad.contains("a noisy-or node has two"), "{bad}");
}
