//! Geometry part by part against geometry by listing every joint state, and samples against both.

use natgrad::geometry::simplex::Distribution;
use natgrad::geometry::{Covector, Metric};
use natgrad::network::components::{
    Components, Effort, RowsTarget, Uncertainty, VisibleRows, compare_rows, parts, sample_states,
};
use natgrad::network::{Enumerated, Network, NodeSpec, Target, compare, cylinder, random_point, visible_fisher};

struct Draw(u64);

impl Draw {
    /// A number below a bound (splitmix64).
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) % bound as u64) as usize
    }
}

/// A random network on `n` nodes, at most two parents each, and hidden nodes among them.
fn random(seed: u64, n: usize, most_states: usize) -> (Network, Vec<bool>) {
    let mut draw = Draw(seed);
    let specs = (0..n)
        .map(|i| {
            let mut parents: Vec<usize> = Vec::new();
            for j in 0..i {
                if parents.len() < 2 && draw.below(i) < 2 {
                    parents.push(j);
                }
            }
            NodeSpec {
                name: format!("n{i}"),
                states: (0..2 + draw.below(most_states - 1)).map(|s| format!("s{s}")).collect(),
                parents: parents.iter().map(|p| format!("n{p}")).collect(),
                ..NodeSpec::default()
            }
        })
        .collect();
    let mut hidden: Vec<bool> = (0..n).map(|_| draw.below(3) == 0).collect();
    hidden[draw.below(n)] = true;
    if hidden.iter().all(|h| *h) {
        hidden[n - 1] = false;
    }
    (Network::new(specs).expect("a network").0, hidden)
}

fn close(a: &[f64], b: &[f64], tolerance: f64, what: &str) {
    assert_eq!(a.len(), b.len(), "{what}");
    let scale = b.iter().fold(1.0, |m: f64, x| m.max(x.abs()));
    for (i, (x, y)) in a.iter().zip(b).enumerate() {
        assert!((x - y).abs() <= tolerance * scale, "{what}[{i}]: {x} where {y} is expected");
    }
}

#[test]
fn parts_together_are_the_whole() {
    let mut cylindrical = 0;
    for seed in 0..120 {
        let (network, hidden) = random(seed, 2 + seed as usize % 6, 3);
        let point = random_point(&network, seed);
        let of = Enumerated::new(&network, &hidden).expect("small");
        let at = of.at(&point);
        let g = cylinder(&of, &at).expect("inside");
        let c = Components::new(&network, &hidden, &point, &Effort::default()).expect("inside");
        assert!(!c.sampled() && c.unseen() == 0);
        let values: Vec<f64> = c.eigenvalues.iter().map(|(l, _)| *l).collect();
        // Rounding of sums of whitened scores, whose size grows like one over the root of the rarest configuration.
        close(&values, &g.eigenvalues, 1e-10, &format!("seed {seed} eigenvalues"));
        assert!((c.defect - g.defect).abs() < 1e-9, "seed {seed}: {} {}", c.defect, g.defect);
        assert_eq!((c.rank_joint, c.rank_visible), (g.rank_joint, g.rank_visible), "seed {seed}");
        assert_eq!((c.vertical, c.horizontal), (g.vertical, g.horizontal), "seed {seed}");
        assert_eq!(c.cylindrical, g.cylindrical, "seed {seed}");
        cylindrical += usize::from(c.cylindrical);
        assert!((c.cosine_bound - g.cosine_bound).abs() < 1e-6, "seed {seed}");
        let d = network.parameters();
        close(&c.joint_metric.diagonal(), &g.joint_metric.diagonal(), 1e-12, "joint");
        let expected = visible_fisher(&g.visible_jacobian, &at.visible);
        let mut found = vec![0.0; d * d];
        for (index, block) in c.visible_blocks() {
            for (a, &i) in index.iter().enumerate() {
                for (b, &j) in index.iter().enumerate() {
                    found[i * d + j] = block[(a, b)];
                }
            }
        }
        let expected: Vec<f64> = (0..d * d).map(|ij| expected[(ij / d, ij % d)]).collect();
        close(&found, &expected, 1e-11, &format!("seed {seed} visible Fisher"));
    }
    assert!(cylindrical > 10, "{cylindrical}");
}

#[test]
fn rows_give_the_gradients_of_their_distribution() {
    for seed in 0..60 {
        let (network, hidden) = random(seed + 500, 2 + seed as usize % 5, 3);
        let point = random_point(&network, seed);
        let of = Enumerated::new(&network, &hidden).expect("small");
        let at = of.at(&point);
        let g = cylinder(&of, &at).expect("inside");
        // The target: another point's samples.
        let other: Vec<Vec<f64>> =
            (0..network.len()).map(|i| network.table(i, &random_point(&network, seed + 1))).collect();
        let states = sample_states(&network, &other, 40, seed);
        let mut q = vec![0.0; at.visible.len()];
        for s in &states {
            let v = (0..network.len()).filter(|&i| !hidden[i]).fold(0, |v, i| v * network.states(i) + s[i]);
            q[v] += 1.0 / 40.0;
        }
        let q = Distribution::new(q).expect("a distribution");
        let rows = VisibleRows { weights: vec![1.0; states.len()], states };
        let parts = Components::new(&network, &hidden, &point, &Effort::default()).expect("inside");
        for (target, rows_target) in
            [(Target::Uniform(q.clone()), RowsTarget::Uniform), (Target::Posterior(q), RowsTarget::Posterior)]
        {
            let e = compare(&of, &at, &g, &target).expect("a comparison");
            let c = compare_rows(&parts, &rows, rows_target).expect("a comparison");
            let divergences = [c.divergence_evidence, c.divergence_elbo];
            close(&divergences, &[e.divergence_evidence, e.divergence_elbo], 1e-12, "divergence");
            for (found, expected, tolerance) in [
                (&c.evidence.parameter.0, &e.evidence.parameter.0, 1e-10),
                (&c.recognition.natural.0, &e.recognition.natural.0, 1e-10),
                (&c.elbo.parameter.0, &e.elbo.parameter.0, 1e-10),
                (&c.elbo.natural.0, &e.elbo.natural.0, 1e-10),
            ] {
                close(found, expected, tolerance, &format!("seed {seed}"));
            }
            let norms = [c.evidence.norm, c.recognition.norm, c.elbo.norm];
            // The evidence's norm carries the condition of the visible Fisher matrix.
            close(&norms, &[e.evidence.norm, e.recognition.norm, e.elbo.norm], 1e-6, &format!("seed {seed} norms"));
            let cosine = |a: Option<f64>| a.unwrap_or(2.0);
            assert!(
                (cosine(c.cosines.elbo_evidence) - cosine(e.cosines.elbo_evidence)).abs() < 1e-6,
                "seed {seed}: {:?} {:?}",
                c.cosines,
                e.cosines
            );
            // The closed form: (q(c)/p(c)) (q(a|c) − θ_a) = (q(c,a) − q(c) θ_a) / p(c).
            let raised = parts.joint_metric.raise(&Covector(c.elbo.parameter.0.clone()));
            assert!(raised.residual < 1e-9);
        }
    }
}

#[test]
fn samples_agree_with_the_whole_within_their_errors() {
    let (mut inside, mut all) = (0, 0);
    for seed in 0..12 {
        let (network, hidden) = random(seed + 40, 7, 3);
        let point = random_point(&network, seed);
        let exact = Components::new(&network, &hidden, &point, &Effort::default()).expect("inside");
        let effort = Effort { samples: 2048, seed, always_sample: true, ..Effort::default() };
        let sampled = Components::new(&network, &hidden, &point, &effort).expect("inside");
        assert!(sampled.parts.iter().all(|p| p.uncertainty == Uncertainty::Sampled));
        assert!(sampled.eigenvalues.iter().all(|(l, _)| (0.0..=1.0).contains(l)), "seed {seed}");
        if sampled.unseen() == 0 {
            // Directions wholly visible are found without error.
            assert_eq!(sampled.horizontal, exact.horizontal, "seed {seed}");
            for ((l, e), (x, _)) in sampled.eigenvalues.iter().zip(&exact.eigenvalues) {
                all += 1;
                // Errors estimated from 32 groups, eigenvalues that repel: five of them, and what rounding leaves.
                inside += usize::from((l - x).abs() <= 5.0 * e + 1e-9);
            }
        }
        let again = Components::new(&network, &hidden, &point, &effort).expect("inside");
        assert_eq!(again.eigenvalues, sampled.eigenvalues, "the same seed gives the same bits");
        // Posterior scores by the junction tree estimate the same visible block.
        let scores = Effort { most_listed: 0.0, ..effort };
        let scores = Components::new(&network, &hidden, &point, &scores).expect("inside");
        assert!(scores.parts.iter().all(|p| p.uncertainty == Uncertainty::SampledScores));
        let trace = |c: &Components<'_>| c.eigenvalues.iter().map(|(l, _)| l).sum::<f64>();
        let spread: f64 = scores.eigenvalues.iter().map(|(_, e)| e).sum();
        assert!((trace(&scores) - trace(&exact)).abs() < 5.0 * spread + 1e-9, "seed {seed}");
    }
    // Small eigenvalues are biased upwards by more than their error now and then.
    assert!(inside * 10 >= all * 9 && all > 100, "{inside} of {all}");
}

#[test]
fn a_long_chain_with_hidden_links_is_exact() {
    // 200 nodes, every tenth hidden: 2^200 joint states, twenty parts with two neighbours each.
    let specs = (0..200)
        .map(|i| NodeSpec {
            name: format!("n{i}"),
            states: vec!["a".into(), "b".into()],
            parents: if i == 0 { vec![] } else { vec![format!("n{}", i - 1)] },
            ..NodeSpec::default()
        })
        .collect();
    let (network, _) = Network::new(specs).expect("a network");
    let hidden: Vec<bool> = (0..200).map(|i| i % 10 == 5).collect();
    let found = parts(&network, &hidden);
    assert_eq!(found.len(), 20);
    assert!(found.iter().all(|p| p.blanket.len() == 2 && p.families.len() == 2));
    let c = Components::new(&network, &hidden, &random_point(&network, 3), &Effort::default()).expect("inside");
    assert!(!c.sampled() && !c.cylindrical);
    // A hidden link sees 2 of its 4 dimensions: the chain without it has two parameters there.
    assert_eq!((c.rank_joint, c.rank_visible), (399, 399 - 2 * 20));
}

#[test]
fn zeros_in_tables_are_the_face_on_which_they_stay_zero() {
    // A state of y that x never gives, first, in the middle and last: the same as a network without that state.
    let network = |table: Vec<Vec<f64>>| {
        let k = table[0].len();
        let node = |name: &str, states: usize, parents: &[&str], table: Vec<Vec<f64>>| NodeSpec {
            name: name.into(),
            states: (0..states).map(|s| format!("s{s}")).collect(),
            parents: parents.iter().map(|p| p.to_string()).collect(),
            table: Some(table),
        };
        let specs = vec![
            node("x", 2, &[], vec![vec![0.3, 0.7]]),
            node("y", k, &["x"], table),
            node("z", 2, &["x"], vec![vec![0.6, 0.4], vec![0.1, 0.9]]),
        ];
        let (network, point) = Network::new(specs).expect("a network");
        (network, point.expect("tables"))
    };
    let whole = network(vec![vec![0.8, 0.2], vec![0.4, 0.6]]);
    let hidden = [true, false, false];
    let of = Components::new(&whole.0, &hidden, &whole.1, &Effort::default()).expect("inside");
    let values = |c: &Components<'_>| c.eigenvalues.iter().map(|(l, _)| *l).collect::<Vec<_>>();
    for at in 0..3 {
        let with = |row: [f64; 2]| {
            let mut row = row.to_vec();
            row.insert(at, 0.0);
            row
        };
        let edge = network(vec![with([0.8, 0.2]), with([0.4, 0.6])]);
        let face = Components::new(&edge.0, &hidden, &edge.1, &Effort::default()).expect("a face");
        assert_eq!((face.zeros(), face.rank_joint), (2, of.rank_joint));
        close(&values(&face), &values(&of), 1e-12, "eigenvalues");
        let rows = VisibleRows {
            states: vec![vec![0, usize::from(at == 0), 0], vec![0, if at == 2 { 1 } else { 2 }, 1]],
            weights: vec![1.0, 2.0],
        };
        let plain = VisibleRows { states: vec![vec![0, 0, 0], vec![0, 1, 1]], weights: vec![1.0, 2.0] };
        let a = compare_rows(&face, &rows, RowsTarget::Posterior).expect("a comparison");
        let b = compare_rows(&of, &plain, RowsTarget::Posterior).expect("a comparison");
        close(&[a.evidence.norm, a.recognition.norm], &[b.evidence.norm, b.recognition.norm], 1e-12, "norms");
        assert!((a.divergence_evidence - b.divergence_evidence).abs() < 1e-14);
    }
}
