//! Section 1 on the whole simplex, Proposition 1 and the inequalities of the spectrum, at many random points.

use super::directions::{larger, smaller};
use super::models::{HIDDEN, distribution, fork, targets};
use super::source;
use crate::{Claim, ReproduceError, Reproduction};
use natgrad::geometry::Point;
use natgrad::geometry::simplex::{Marginalisation, product, simplex_gradients};
use natgrad::network::volume::RiemannianVolume;
use natgrad::network::{Enumerated, Objective, Pair, compare_many, cylinder};

/// Points of the inequalities.
const POINTS: usize = 10_000;

/// All claims of this file.
pub fn run() -> Result<Reproduction, ReproduceError> {
    let mut out = Reproduction::default();
    out.claims.extend(whole_simplex()?);
    out.claims.extend(acute_angles()?);
    Ok(out)
}

/// On the simplex of all joint distributions the gap has a vertical gradient, and the other two lift the visible one.
fn whole_simplex() -> Result<Vec<Claim>, ReproduceError> {
    let map = Marginalisation::new(vec![0, 1, 2, 3, 0, 1, 2, 3], 4)?;
    let (mut elbo, mut recognition, mut gap, mut horizontal) = (0.0f64, 0.0f64, 0.0f64, 0.0f64);
    for seed in 0..500 {
        let (p, q) = (distribution(8, 2 * seed)?, distribution(8, 2 * seed + 1)?);
        let of = simplex_gradients(&p, &q, &map);
        let (seen_p, seen_q) = (map.marginal(&p), map.marginal(&q));
        let error = |a: &natgrad::geometry::simplex::SignedMeasure| {
            let pushed = map.push(a);
            let minus = |v: usize| seen_q.probabilities()[v] - seen_p.probabilities()[v];
            (0..4).fold(0.0f64, |m, v| larger(m, (pushed.0[v] - minus(v)).abs()))
        };
        elbo = larger(elbo, error(&of.elbo));
        recognition = larger(recognition, error(&of.recognition));
        gap = larger(gap, map.push(&of.gap).0.iter().fold(0.0, |m: f64, x| larger(m, x.abs())));
        let vertical = map.vertical(&p, &of.recognition);
        horizontal = larger(horizontal, vertical.0.iter().fold(0.0, |m: f64, x| larger(m, x.abs())));
    }
    // Sums of eight numbers below 1.
    let rounding = 1e-14;
    Ok(vec![
        Claim::at_most(
            "on the whole simplex the gradient with perfect recognition pushes to that of the evidence: largest difference at 500 points",
            source("Theorem 5 (1)"),
            rounding,
            recognition,
        ),
        Claim::at_most(
            "on the whole simplex the ELBO's gradient pushes to that of the evidence: largest difference at 500 points",
            source("Theorem 6 (1)"),
            rounding,
            elbo,
        ),
        Claim::at_most(
            "on the whole simplex the variational gap does not move the visible distribution: largest entry at 500 points",
            source("Corollary 7"),
            rounding,
            gap,
        ),
        Claim::at_most(
            "the gradient with perfect recognition is horizontal: largest vertical part at 500 points",
            source("Theorem 5 (1)"),
            rounding,
            horizontal,
        ),
    ])
}

/// Proposition 1 and its consequences on the fork, where they are not trivial.
fn acute_angles() -> Result<Vec<Claim>, ReproduceError> {
    let network = fork()?;
    let of = Enumerated::new(&network, &HIDDEN)?;
    let points = RiemannianVolume::new(&network, 1e-3)?.sample(POINTS, 2)?;
    let [_, (_, target)] = targets()?;
    let many = compare_many(&of, &points, &target)?;
    let (mut identity, mut order, mut smallest, mut kantorovich) =
        (0.0f64, f64::NEG_INFINITY, f64::INFINITY, f64::NEG_INFINITY);
    for (i, xi) in points.chunks(network.parameters()).enumerate() {
        let at = of.at(&Point(xi.to_vec()));
        let (y, x) = (many.pushforward(Objective::Evidence, i), many.pushforward(Objective::Recognition, i));
        let (long, joint, short) =
            (many.norm(Objective::Evidence, i), many.recognition_joint_norm(i), many.norm(Objective::Recognition, i));
        identity = larger(identity, (product(&at.visible, y, x) - joint * joint).abs() / (long * short));
        order = larger(order, larger(short / joint - 1.0, joint / long - 1.0));
        let cosine = many.cosine(Pair::RecognitionEvidence, i).unwrap_or(f64::NAN);
        smallest = smaller(smallest, cosine);
        kantorovich = larger(kantorovich, cylinder(&of, &at)?.cosine_bound - cosine);
    }
    // Vectors of four entries whose weights 1/p_V reach 1e3 and more.
    let rounding = 1e-12;
    Ok(vec![
        Claim::at_most(
            "g(Y, push X) = |X|² for the evidence's gradients Y in the visible and X in the joint model: largest relative difference at 10 000 points of the fork",
            source("Proposition 1"),
            rounding,
            identity,
        ),
        Claim::answer(
            "the angle between Y and push X is acute at all 10 000 points",
            source("Proposition 1"),
            true,
            smallest > 0.0,
        ),
        Claim::at_most(
            "|push X| ≤ |X| ≤ |Y|: largest relative excess at 10 000 points",
            source("Proposition 1, consequence"),
            rounding,
            order,
        ),
        Claim::at_most(
            "cos(Y, push X) is at least 2√(λmin λmax)/(λmin + λmax): largest shortfall at 10 000 points",
            "Kantorovich's inequality for the information spectrum",
            1e-11,
            kantorovich,
        ),
    ])
}
