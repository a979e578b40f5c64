//! Figure 5 and simulations 2 and 8: the three flows by explicit Euler steps, free to leave the unit box as published.

use super::directions::{larger, off};
use super::models::{
    FORK_AIM, HIDDEN, INDEPENDENT_AIM, INDEPENDENT_START, START_2, START_8, fork, independent, joint_at,
};
use super::pictures::{pictures, surface, tables};
use super::source;
use crate::{Claim, ReproduceError, Reproduction};
use natgrad::geometry::Point;
use natgrad::network::{Enumerated, Network, Target, compare, cylinder};
use natgrad_flow::{Flow, Objective, Settings, flow};

/// Length of a step.
const DT: f64 = 0.01;
/// Steps whose divergence is known in ten digits.
const STEPS_FORK: [usize; 6] = [0, 50, 100, 200, 400, 499];
/// The same for the independent model.
const STEPS_INDEPENDENT: [usize; 5] = [0, 100, 200, 300, 499];
/// Half of the last digit given, and the rounding of 499 steps.
const TEN_DIGITS: f64 = 1e-10;

/// The objectives in the order of the figures: ELBO, perfect recognition, evidence.
pub const ORDER: [Objective; 3] = [Objective::Elbo, Objective::Recognition, Objective::Evidence];

/// One simulation of the fork with what is known of it.
struct Simulation {
    number: usize,
    start: [f64; 5],
    /// `D(q_V‖p_V)` at [`STEPS_FORK`].
    divergence: [[f64; 6]; 3],
    /// Parameters after one step.
    one_step: [[f64; 5]; 3],
    /// Cosines of ELBO and recognition with the evidence at the start.
    cosines: [f64; 2],
    /// First step of the evidence's flow outside the unit box, and its largest parameter.
    outside: (usize, f64),
}

const SIMULATIONS: [Simulation; 2] = [
    Simulation {
        number: 2,
        start: START_2,
        divergence: [
            [1.1317473245, 0.4350617849, 0.2093091403, 0.05045269, 0.0023337463, 0.0004066179],
            [1.1317473245, 0.4216309643, 0.1960646939, 0.0460732762, 0.0027187057, 0.0012881918],
            [1.1317473245, 0.3982144617, 0.1925454853, 0.0484894556, 0.0020357733, 0.0003284204],
        ],
        one_step: [
            [0.042486158860422944, 0.28543716773902483, 0.060248591288634606, 0.8822039803288826, 0.3742154484585784],
            [0.03611563996030989, 0.3167883374381183, 0.060694294216851394, 0.8627321547743889, 0.37811909298105323],
            [0.05015317712036734, 0.3007750578451819, 0.05778529851639832, 0.858167845682493, 0.37124095178845845],
        ],
        cosines: [0.9345817361, 0.8592107151],
        outside: (76, 1.10001),
    },
    Simulation {
        number: 8,
        start: START_8,
        divergence: [
            [1.5004896259, 0.4917320445, 0.2162996479, 0.048885578, 0.0018771035, 0.0002997997],
            [1.5004896259, 0.5433930034, 0.2393975705, 0.0506005072, 0.0016514857, 0.0002509051],
            [1.5004896259, 0.4476348074, 0.2074037299, 0.0522585478, 0.002506069, 0.0004285842],
        ],
        one_step: [
            [0.2820263928199714, 0.6826204660580033, 0.9182518688191494, 0.26490589700898043, 0.4596435012690023],
            [0.27752044306159285, 0.6890154595134791, 0.9144113686093652, 0.2528893776201782, 0.46291598220540986],
            [0.26486489996774265, 0.7120847859635904, 0.9016677942295652, 0.26696314888830275, 0.45378499726943916],
        ],
        cosines: [0.8060263079, 0.7772767120],
        outside: (9, 1.1095),
    },
];

/// The three flows of a network towards the joint distribution at `aim`.
fn flows(network: &Network, aim: &[f64], start: &[f64]) -> Result<[Flow; 3], ReproduceError> {
    let of = Enumerated::new(network, &HIDDEN)?;
    let target = Target::Joint(joint_at(network, aim)?);
    let one = |o: Objective| flow(&of, o, &target, &Point(start.to_vec()), &Settings::default());
    Ok([one(ORDER[0])?, one(ORDER[1])?, one(ORDER[2])?])
}

/// All claims, tables and figures of this file.
pub fn run() -> Result<Reproduction, ReproduceError> {
    let mut out = Reproduction::default();
    cylindrical(&mut out)?;
    for simulation in &SIMULATIONS {
        not_cylindrical(simulation, &mut out)?;
    }
    Ok(out)
}

/// Figure 5: three independent nodes, where the three flows draw one curve.
fn cylindrical(out: &mut Reproduction) -> Result<(), ReproduceError> {
    let network = independent()?;
    let flows = flows(&network, &INDEPENDENT_AIM, &INDEPENDENT_START)?;
    let figure = source("Figure 5");
    let mut apart = 0.0f64;
    for other in &flows[..2] {
        for (a, b) in other.visible.iter().zip(&flows[2].visible) {
            apart = larger(apart, off(a, b));
        }
    }
    out.claims.push(Claim::at_most("the three flows of the independent model draw one curve: largest distance of visible distributions at 500 points", figure.clone(), 1e-13, apart));
    let known = [5.5739634045, 0.4950917247, 0.0942199272, 0.0161860684, 0.0003543581];
    let worst = flows.iter().map(|f| off(&STEPS_INDEPENDENT.map(|k| f.divergence[k]), &known)).fold(0.0, larger);
    out.claims.push(Claim::at_most(
        "divergence of all three at steps 0, 100, 200, 300, 499: largest difference from the known",
        figure.clone(),
        TEN_DIGITS,
        worst,
    ));
    let last = [
        [0.9438277281, 0.1056413238, 0.8941595706],
        [0.02, 0.1056413238, 0.8941595706],
        [0.02, 0.1056413238, 0.8941595706],
    ];
    let worst = (0..3).map(|o| off(&flows[o].parameters[499], &last[o])).fold(0.0, larger);
    out.claims.push(Claim::at_most(
        "parameters after 499 steps: largest difference from the known; only the ELBO moves x",
        figure.clone(),
        TEN_DIGITS,
        worst,
    ));
    let mut closed = 0.0f64;
    for (k, xi) in flows[0].parameters.iter().enumerate() {
        let shrink = (1.0 - DT).powi(k as i32);
        let expected: Vec<f64> =
            (0..3).map(|j| INDEPENDENT_AIM[j] + shrink * (INDEPENDENT_START[j] - INDEPENDENT_AIM[j])).collect();
        closed = larger(closed, off(xi, &expected));
    }
    out.claims.push(Claim::at_most(
        "Euler's steps of the ELBO in closed form, θ* + (1 − δ)ᵏ(θ₀ − θ*): largest difference",
        figure,
        1e-13,
        closed,
    ));
    tables("independent", &["x", "y", "z"], &flows, out);
    pictures("independent", "Independent nodes", &flows, &joint_at(&network, &INDEPENDENT_AIM)?, surface(), out)
}

/// Simulations 2 and 8: the fork, where they part.
fn not_cylindrical(simulation: &Simulation, out: &mut Reproduction) -> Result<(), ReproduceError> {
    let network = fork()?;
    let of = Enumerated::new(&network, &HIDDEN)?;
    let flows = flows(&network, &FORK_AIM, &simulation.start)?;
    let number = simulation.number;
    let figure = source(&format!("simulation {number} of the fork"));
    for (o, objective) in ORDER.into_iter().enumerate() {
        let name = objective.name();
        out.claims.push(Claim::at_most(
            format!("simulation {number}, {name}: divergence at steps 0, 50, 100, 200, 400, 499, largest difference from the known"),
            figure.clone(),
            TEN_DIGITS,
            off(&STEPS_FORK.map(|k| flows[o].divergence[k]), &simulation.divergence[o]),
        ));
        out.claims.push(Claim::at_most(
            format!("simulation {number}, {name}: parameters after one step, largest difference from the known"),
            figure.clone(),
            1e-13,
            off(&flows[o].parameters[1], &simulation.one_step[o]),
        ));
    }
    let start = of.at(&Point(simulation.start.to_vec()));
    let c = compare(&of, &start, &cylinder(&of, &start)?, &Target::Joint(joint_at(&network, &FORK_AIM)?))?;
    let cosines = [c.cosines.elbo_evidence, c.cosines.recognition_evidence].map(|x| x.unwrap_or(f64::NAN));
    out.claims.push(Claim::at_most(
        format!("simulation {number}: cosines of ELBO and recognition with the evidence at the start, largest difference from the known"),
        figure.clone(),
        TEN_DIGITS,
        off(&cosines, &simulation.cosines),
    ));
    let (step, largest) = simulation.outside;
    let left = flows[2].parameters.iter().position(|xi| xi.iter().any(|x| !(0.0..=1.0).contains(x)));
    out.claims.push(Claim::equal(
        format!("simulation {number}: first step at which the evidence's flow leaves the unit box"),
        figure.clone(),
        step as f64,
        left.map_or(f64::NAN, |k| k as f64),
        0.0,
    ));
    let found = flows[2].parameters.iter().flatten().copied().fold(f64::NEG_INFINITY, f64::max);
    out.claims.push(Claim::equal(
        format!("simulation {number}: largest parameter on the evidence's flow"),
        figure.clone(),
        largest,
        found,
        5e-5,
    ));
    let least = flows[2].visible.iter().flatten().copied().fold(f64::INFINITY, f64::min);
    out.claims.push(Claim::answer(
        format!("simulation {number}: the visible distribution stays positive all the same"),
        figure.clone(),
        true,
        least > 0.0,
    ));
    let both = flows[..2].iter().all(|f| f.left_domain_at.is_none());
    out.claims.push(Claim::answer(
        format!("simulation {number}: the flows in the joint metric stay inside"),
        figure.clone(),
        true,
        both,
    ));
    let apart = flows[0].visible.iter().zip(&flows[2].visible).map(|(a, b)| off(a, b)).fold(0.0, larger);
    out.claims.push(Claim::at_least(
        format!(
            "simulation {number}: the ELBO's curve and the evidence's part, largest distance of visible distributions"
        ),
        figure.clone(),
        0.01,
        apart,
    ));
    out.claims.push(Claim::at_most(
        format!("simulation {number}, ELBO: Euler's steps in closed form, largest difference"),
        "closed form of the fork's flow",
        1e-12,
        closed_form(&simulation.start, &flows[0]),
    ));
    let name = format!("simulation-{number}");
    tables(&name, &["x", "y1", "y2", "z1", "z2"], &flows, out);
    pictures(&name, &format!("Fork, simulation {number}"), &flows, &joint_at(&network, &FORK_AIM)?, Vec::new(), out)
}

/// `x_k = x* + (1−δ)ᵏ(x₀−x*)` and `y1_k − y1* = (y1₀ − y1*) Π (1 − δ x*/x_i)`, alike for the others.
fn closed_form(start: &[f64; 5], elbo: &Flow) -> f64 {
    let mut theta = *start;
    let mut worst = 0.0f64;
    for xi in &elbo.parameters {
        worst = larger(worst, off(xi, &theta));
        let first = FORK_AIM[0] / theta[0];
        let second = (1.0 - FORK_AIM[0]) / (1.0 - theta[0]);
        for (j, rate) in [(1, first), (2, second), (3, first), (4, second)] {
            theta[j] = FORK_AIM[j] + (1.0 - DT * rate) * (theta[j] - FORK_AIM[j]);
        }
        theta[0] = FORK_AIM[0] + (1.0 - DT) * (theta[0] - FORK_AIM[0]);
    }
    worst
}
