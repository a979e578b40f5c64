//! One point of the fork in numbers, and one where the visible model loses a dimension.

use super::directions::off;
use super::models::{FORK_AIM, HIDDEN, fork, joint_at};
use super::source;
use crate::{Claim, ReproduceError, Reproduction};
use natgrad::geometry::Point;
use natgrad::network::{Enumerated, Target, compare, cylinder};

const WORKED: &str = "worked example of the fork";

/// All claims of this file. Numbers are given in ten digits.
pub fn run() -> Result<Reproduction, ReproduceError> {
    let mut out = Reproduction::default();
    let network = fork()?;
    let of = Enumerated::new(&network, &HIDDEN)?;
    let target = Target::Joint(joint_at(&network, &FORK_AIM)?);
    let at = of.at(&Point(vec![0.3, 0.8, 0.4, 0.6, 0.1]));
    let g = cylinder(&of, &at)?;
    let c = compare(&of, &at, &g, &target)?;
    let tolerance = 1e-9;
    let mut vector = |what: &str, found: &[f64], expected: &[f64]| {
        let claim = format!("{what}: largest difference at θ = (0.3, 0.8, 0.4, 0.6, 0.1)");
        out.claims.push(Claim::at_most(claim, WORKED, tolerance, off(found, expected)));
    };
    vector(
        "diagonal of the Fisher matrix",
        &g.joint_metric.diagonal(),
        &[4.7619047619, 1.875, 2.9166666667, 1.25, 7.7777777778],
    );
    vector("information spectrum", &g.eigenvalues, &[0.0, 0.0, 0.3607574367, 1.0, 1.0]);
    vector(
        "natural gradient of the evidence",
        &c.evidence.natural.0,
        &[-0.0086394781, -0.564283462, 0.0290583284, -0.0151465423, 1.0412338597],
    );
    vector(
        "natural gradient with perfect recognition",
        &c.recognition.natural.0,
        &[0.2858208743, -0.5569636574, -0.1423417893, 0.7671782871, 0.4956229667],
    );
    vector("natural gradient of the ELBO", &c.elbo.natural.0, &[0.48, -1.456, 0.132, 0.962, 0.2734285714]);
    vector("push of the evidence's", &c.evidence.pushforward.0, &[0.184572, -0.336972, 0.535428, -0.383028]);
    vector(
        "push with perfect recognition",
        &c.recognition.pushforward.0,
        &[0.3384410207, -0.4908410207, 0.3815589793, -0.2291589793],
    );
    vector("push of the ELBO's", &c.elbo.pushforward.0, &[0.2658, -0.4182, 0.4542, -0.3018]);
    let cosines = [c.cosines.recognition_evidence, c.cosines.elbo_evidence].map(|x| x.unwrap_or(f64::NAN));
    vector("cosines of recognition and ELBO with the evidence", &cosines, &[0.9392840707, 0.9853470559]);
    // The defect is twice the norm of the commutator.
    vector("half the defect", &[0.5 * g.defect], &[0.4802202709]);
    vector("Kantorovich's bound", &[g.cosine_bound], &[0.8827890253]);

    let independent = "point of the fork where y and z are independent";
    let at = of.at(&Point(vec![0.3, 0.8, 0.8, 0.6, 0.6]));
    let g = cylinder(&of, &at)?;
    let c = compare(&of, &at, &g, &target)?;
    out.claims.push(Claim::equal(
        "rank of the visible model at θ = (0.3, 0.8, 0.8, 0.6, 0.6)",
        independent,
        2.0,
        g.rank_visible as f64,
        0.0,
    ));
    out.claims.push(Claim::answer("the point is admissible", source("admissible points"), false, g.admissible));
    out.claims.push(Claim::answer("all eigenvalues are 0 or 1 there", independent, true, g.cylindrical));
    let expected = [0.03656, -0.46896, 0.33344, 0.09896];
    let both = off(&c.evidence.pushforward.0, &expected).max(off(&c.recognition.pushforward.0, &expected));
    out.claims.push(Claim::at_most(
        "evidence and recognition push alike there: largest difference from the known push",
        independent,
        tolerance,
        both,
    ));
    let open: Vec<f64> = [0.123428, 0.308972, -0.493428, 0.061028].iter().map(|x: &f64| -x).collect();
    out.claims.push(Claim::at_least(
        "and not to the target: largest difference from p*_V − p_V",
        independent,
        0.1,
        off(&c.evidence.pushforward.0, &open),
    ));
    Ok(out)
}
