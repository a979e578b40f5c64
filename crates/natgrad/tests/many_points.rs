//! Many points at once: the fast path against one point at a time, sampling of the Riemannian volume, and same bits.

use natgrad::geometry::Point;
use natgrad::geometry::simplex::Distribution;
use natgrad::network::volume::{Histogram, RiemannianVolume};
use natgrad::network::{
    Comparison, Comparisons, Enumerated, Network, NodeSpec, Objective, Pair, Target, compare, compare_many, cylinder,
    random_point,
};
use rand::{RngExt, SeedableRng};

fn network(cards: &[usize], parents: &[&[usize]]) -> Network {
    let specs = (0..cards.len())
        .map(|i| NodeSpec {
            name: format!("n{i}"),
            states: (0..cards[i]).map(|s| format!("s{s}")).collect(),
            parents: parents[i].iter().map(|p| format!("n{p}")).collect(),
            table: None,
        })
        .collect();
    Network::new(specs).expect("a network").0
}

fn fork() -> Network {
    network(&[2, 2, 2], &[&[], &[0], &[0]])
}

fn draw(states: usize, seed: u64) -> Distribution {
    let mut rng = rand_chacha::ChaCha8Rng::seed_from_u64(seed);
    let raw: Vec<f64> = (0..states).map(|_| -rng.random::<f64>().ln() + 1e-3).collect();
    let total: f64 = raw.iter().sum();
    Distribution::new(raw.into_iter().map(|x| x / total).collect()).expect("a distribution")
}

/// Relative to the largest entry; 1e-9 times the condition that the least-norm solution carries.
fn close(found: &[f64], expected: &[f64], tolerance: f64, what: &str) {
    let scale = expected.iter().fold(1e-6, |m: f64, x| m.max(x.abs()));
    for (f, e) in found.iter().zip(expected) {
        assert!((f - e).abs() <= tolerance * scale, "{what}: {f} where {e} is expected");
    }
}

fn agree(many: &Comparisons, i: usize, one: &Comparison, what: &str) {
    for (objective, direction) in
        [(Objective::Evidence, &one.evidence), (Objective::Recognition, &one.recognition), (Objective::Elbo, &one.elbo)]
    {
        let what = format!("{what}, point {i}, {objective:?}");
        close(many.natural(objective, i), &direction.natural.0, 1e-9, &what);
        close(many.pushforward(objective, i), &direction.pushforward.0, 1e-9, &what);
        close(&[many.norm(objective, i)], &[direction.norm], 1e-9, &what);
    }
    let cosines = [
        (Pair::ElboEvidence, one.cosines.elbo_evidence),
        (Pair::RecognitionEvidence, one.cosines.recognition_evidence),
        (Pair::ElboRecognition, one.cosines.elbo_recognition),
    ];
    for (pair, cosine) in cosines {
        let found = many.cosine(pair, i);
        assert_eq!(found.is_some(), cosine.is_some(), "{what}, point {i}, {pair:?}");
        if let (Some(found), Some(cosine)) = (found, cosine) {
            assert!((found - cosine).abs() < 1e-9, "{what}, point {i}, {pair:?}: {found} where {cosine} is expected");
        }
    }
    let numbers = [
        (many.divergence_evidence(i), one.divergence_evidence),
        (many.divergence_elbo(i), one.divergence_elbo),
        (many.error_metric(i), one.error_metric),
        (many.error_gap(i), one.error_gap),
        (many.error(i), one.error),
        (many.recognition_joint_norm(i), one.recognition_joint_norm),
    ];
    for (k, (found, expected)) in numbers.into_iter().enumerate() {
        // Differences of pushforwards vanish on cylindrical models: rounding of the pushforwards, which are of order 1.
        assert!(
            (found - expected).abs() <= 1e-9 * (expected.abs() + 1e-2),
            "{what}, point {i}, number {k}: {found} {expected}"
        );
    }
}

#[test]
fn many_points_agree_with_one_at_a_time() {
    let cases: Vec<(&str, Network, Vec<bool>)> = vec![
        ("fork", fork(), vec![true, false, false]),
        ("independent", network(&[2, 2, 2], &[&[], &[], &[]]), vec![true, false, false]),
        ("chain, hidden middle", network(&[2, 3, 2], &[&[], &[0], &[1]]), vec![false, true, false]),
        ("three states", network(&[3, 2, 3], &[&[], &[0], &[0, 1]]), vec![true, false, false]),
        ("collider", network(&[2, 2, 2], &[&[], &[0, 2], &[]]), vec![true, false, false]),
        ("one state", network(&[2, 1, 2], &[&[], &[0], &[0]]), vec![true, false, false]),
        ("three children", network(&[2, 2, 2, 2], &[&[], &[0], &[0], &[0]]), vec![true, false, false, false]),
    ];
    for (name, network, hidden) in &cases {
        let of = Enumerated::new(network, hidden).expect("small");
        let states = of.map().visible_of().len();
        // A block and a bit, so that the last lanes repeat.
        let points: Vec<f64> = (0..37).flat_map(|s| random_point(network, s).0).collect();
        let targets = [
            Target::Joint(draw(states, 1)),
            Target::Uniform(draw(of.map().visible(), 2)),
            Target::Posterior(draw(of.map().visible(), 3)),
        ];
        for target in &targets {
            let many = compare_many(&of, &points, target).expect("inside");
            for (i, xi) in points.chunks(network.parameters()).enumerate() {
                let at = of.at(&Point(xi.to_vec()));
                let one = compare(&of, &at, &cylinder(&of, &at).expect("inside"), target).expect("inside");
                agree(&many, i, &one, name);
            }
            assert!(many.singly() <= 1, "{name}: {} points left the fast path", many.singly());
        }
    }
}

#[test]
fn where_the_rank_drops_it_is_noticed() {
    let network = fork();
    let of = Enumerated::new(&network, &[true, false, false]).expect("small");
    let p = [0.1296, 0.0144, 0.3024, 0.0336, 0.03, 0.27, 0.02, 0.2];
    let target = Target::Joint(Distribution::new(p.to_vec()).expect("a distribution"));
    // Equal rows: y and z are independent there. Then ever closer to it.
    let mut points = vec![0.3, 0.8, 0.8, 0.6, 0.6];
    for digits in 2..15 {
        let off = 10f64.powi(-digits);
        points.extend([0.3, 0.8, 0.8 - off, 0.6, 0.6 + off]);
    }
    let many = compare_many(&of, &points, &target).expect("inside");
    for (i, xi) in points.chunks(5).enumerate() {
        let at = of.at(&Point(xi.to_vec()));
        let one = compare(&of, &at, &cylinder(&of, &at).expect("inside"), &target).expect("inside");
        // The least-norm step grows as the rank drops and carries its condition number.
        let condition = one.evidence.natural.0.iter().fold(1.0f64, |m, x| m.max(x.abs()));
        let push = many.pushforward(Objective::Evidence, i);
        close(push, &one.evidence.pushforward.0, 1e-13 * condition.max(1e4), &format!("point {i}"));
    }
    let open = many.pushforward(Objective::Evidence, 1);
    let closed = many.pushforward(Objective::Evidence, 0);
    assert!(open.iter().zip(closed).any(|(a, b)| (a - b).abs() > 1e-3), "the rank drop has no effect");
}

#[test]
fn what_is_no_point_is_refused() {
    let network = fork();
    let of = Enumerated::new(&network, &[true, false, false]).expect("small");
    let target = Target::Joint(draw(8, 1));
    assert!(compare_many(&of, &[0.5; 7], &target).is_err());
    assert!(compare_many(&of, &[0.5, 0.5, 0.0, 0.5, 0.5], &target).is_err());
    assert!(compare_many(&of, &[0.5; 5], &Target::Joint(draw(4, 1))).is_err());
    assert!(compare_many(&of, &[], &target).expect("none").is_empty());
    assert!(RiemannianVolume::new(&network, 0.6).is_err());
}

#[test]
fn the_volume_is_its_own_law() {
    // The fork: products of Beta distributions with known moments.
    let network = fork();
    let volume = RiemannianVolume::new(&network, 0.0).expect("tables");
    assert!(volume.factorises());
    assert_eq!((volume.concentration(0), volume.concentration(1)), (&[1.5, 1.5][..], &[0.5, 0.5][..]));
    let count = 40_000;
    let points = volume.sample(count, 3).expect("points");
    let second = |j: usize| points.chunks(5).map(|x| (x[j] - 0.5) * (x[j] - 0.5)).sum::<f64>() / count as f64;
    // Variances of Beta(3/2, 3/2) and Beta(1/2, 1/2): 1/16 and 1/8; four standard errors at 40 000 draws are below 0.002.
    for (j, variance) in [1.0 / 16.0, 0.125, 0.125, 0.125, 0.125].into_iter().enumerate() {
        assert!((second(j) - variance).abs() < 2e-3, "coordinate {j}: {} where {variance} is expected", second(j));
    }
}

#[test]
fn rejection_agrees_with_the_density() {
    // a → b → c: the parents of c are not closed. Means over the volume by weights on independent Beta(1/2, 1/2) draws.
    let network = network(&[2, 2, 2], &[&[], &[0], &[1]]);
    let volume = RiemannianVolume::new(&network, 1e-3).expect("tables");
    assert!(!volume.factorises());
    let count = 20_000;
    let drawn = volume.sample(count, 5).expect("points");
    let flat = network_flat(&volume, count);
    let statistics = |x: &[f64]| {
        let b = x[0] * x[1] + (1.0 - x[0]) * x[2];
        [b * (1.0 - b), (x[0] - 0.5).powi(2), (x[1] - 0.5).powi(2), (x[1] - 0.5) * (x[2] - 0.5), (x[3] - 0.5).powi(2)]
    };
    let (mut total, mut weighted, mut plain) = (0.0, [0.0; 5], [0.0; 5]);
    for (x, w) in flat {
        total += w;
        let s = statistics(&x);
        (0..5).for_each(|k| weighted[k] += w * s[k]);
    }
    for x in drawn.chunks(5) {
        let s = statistics(x);
        (0..5).for_each(|k| plain[k] += s[k] / count as f64);
    }
    for k in 0..5 {
        // Statistics have a spread below 0.1 and the weights keep more than half of the draws: four standard errors.
        assert!((plain[k] - weighted[k] / total).abs() < 4e-3, "statistic {k}: {} {}", plain[k], weighted[k] / total);
    }
}

/// Independent Beta(1/2, 1/2) draws with the weights that make them the volume.
fn network_flat(volume: &RiemannianVolume<'_>, count: usize) -> Vec<(Vec<f64>, f64)> {
    let mut rng = rand_chacha::ChaCha8Rng::seed_from_u64(11);
    let mut out = Vec::new();
    while out.len() < count {
        let x: Vec<f64> = (0..5).map(|_| (rng.random::<f64>() * std::f64::consts::FRAC_PI_2).sin().powi(2)).collect();
        if x.iter().any(|x| !(1e-3..=1.0 - 1e-3).contains(x)) {
            continue;
        }
        let base: f64 = x.iter().map(|x| -0.5 * (x * (1.0 - x)).ln()).sum();
        let density = volume.log_density(&Point(x.clone())).expect("small");
        out.push((x, (density - base).exp()));
    }
    out
}

#[test]
fn any_number_of_threads_gives_the_same_bits() {
    let network = fork();
    let of = Enumerated::new(&network, &[true, false, false]).expect("small");
    let target = Target::Joint(draw(8, 1));
    let both = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("a pool");
        pool.install(|| {
            let points = RiemannianVolume::new(&network, 1e-3).expect("tables").sample(3000, 9).expect("points");
            let many = compare_many(&of, &points, &target).expect("inside");
            (points, many)
        })
    };
    let (one, three) = (both(1), both(3));
    assert!(one == three, "threads change bits");
    let shorter = RiemannianVolume::new(&network, 1e-3).expect("tables").sample(1500, 9).expect("points");
    assert_eq!(&one.0[..1500 * 5], &shorter[..]);
    let h = Histogram::of_cosines(&one.1.cosines(Pair::RecognitionEvidence));
    assert_eq!(h.total(), 3000);
    // The recognition gradient never makes an obtuse angle with the evidence's.
    assert_eq!(h.counts[..10].iter().sum::<usize>(), 0);
}
