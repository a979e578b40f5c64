//! Flows against their closed forms.

mod common;

use common::*;
use natgrad_flow::{Domain, End, Flow, Objective};

/// `θ* + (1−d)^k (θ_0 − θ*)` where `moves`, else `θ_0`.
fn relaxed(flow: &Flow, moves: &[bool], factor: impl Fn(usize) -> f64) -> Vec<Vec<f64>> {
    (0..flow.step.len())
        .map(|k| {
            let f = factor(k);
            (0..3)
                .map(|i| {
                    let (to, from) = (INDEPENDENT_TARGET[i], INDEPENDENT_START[i]);
                    if moves[i] { to + f * (from - to) } else { from }
                })
                .collect()
        })
        .collect()
}

#[test]
fn independent_nodes_relax_geometrically() {
    let network = independent();
    let q = at(&network, &INDEPENDENT_TARGET);
    for domain in [Domain::Free, Domain::Keep] {
        for objective in Objective::ALL {
            // The hidden node is seen by the ELBO alone.
            let moves = [objective == Objective::Elbo, true, true];
            let found = run(&network, objective, &q, &INDEPENDENT_START, &euler(0.01, 499, domain));
            let expected = relaxed(&found, &moves, |k| 0.99f64.powi(k as i32));
            // 499 steps of rounding 1e-16.
            assert!(apart(&found.parameters, &expected) < 1e-13, "{objective:?} {domain:?}");
            assert_eq!((found.step.len(), &found.end, found.left_domain_at), (500, &End::Completed, None));
            let found = run(&network, objective, &q, &INDEPENDENT_START, &adaptive(5.0, 0.1, domain));
            let expected = relaxed(&found, &moves, |k| (-0.1 * k as f64).exp());
            // The integrator's tolerance, times the number of its steps; log-ratios at 0.02 cost a digit.
            let off = apart(&found.parameters, &expected);
            assert!(off < 1e-9, "{objective:?} {domain:?}: {off:e}");
            assert_eq!((found.step.len(), found.time[50], &found.end), (51, 5.0, &End::Completed));
        }
    }
}

#[test]
fn the_fork_follows_its_products() {
    let network = fork();
    let q = at(&network, &FORK_TARGET);
    let d = 0.01;
    let found = run(&network, Objective::Elbo, &q, &FORK_START, &euler(d, 499, Domain::Free));
    let (to, from) = (FORK_TARGET, FORK_START);
    let mut products = [1.0, 1.0];
    for (k, theta) in found.parameters.iter().enumerate() {
        let x = to[0] + (1.0 - d).powi(k as i32) * (from[0] - to[0]);
        let mut expected = vec![x];
        expected.extend((1..5).map(|j| to[j] + products[(j + 1) % 2] * (from[j] - to[j])));
        assert!(apart(std::slice::from_ref(theta), &[expected]) < 1e-12, "step {k}");
        products[0] *= 1.0 - d * to[0] / x;
        products[1] *= 1.0 - d * (1.0 - to[0]) / (1.0 - x);
    }
    let found = run(&network, Objective::Elbo, &q, &FORK_START, &adaptive(5.0, 0.05, Domain::Free));
    for (t, theta) in found.time.iter().zip(&found.parameters) {
        let fade = (-t).exp();
        let x = to[0] + fade * (from[0] - to[0]);
        let mut expected = vec![x];
        let shares = [from[0] / x, (1.0 - from[0]) / (1.0 - x)];
        expected.extend((1..5).map(|j| to[j] + fade * shares[(j + 1) % 2] * (from[j] - to[j])));
        let off = apart(std::slice::from_ref(theta), &[expected]);
        assert!(off < 1e-9, "time {t}: {off:e}");
    }
}

#[test]
fn the_visible_simplex_is_crossed_on_a_straight_line() {
    // The complete network is the whole simplex: all three. The fork's visible model is open in it: the evidence.
    for (network, start, to, objectives) in [
        (
            complete(),
            vec![0.3, 0.6, 0.2, 0.7, 0.15, 0.55, 0.4],
            vec![0.6, 0.1, 0.5, 0.35, 0.8, 0.25, 0.65],
            Objective::ALL.to_vec(),
        ),
        (fork(), FORK_START.to_vec(), FORK_TARGET.to_vec(), vec![Objective::Evidence]),
    ] {
        let q = at(&network, &to);
        for objective in objectives {
            for domain in [Domain::Free, Domain::Keep] {
                let found = run(&network, objective, &q, &start, &adaptive(5.0, 0.05, domain));
                let q_visible: Vec<f64> = (0..4).map(|v| q[v] + q[v + 4]).collect();
                let expected: Vec<Vec<f64>> = found
                    .time
                    .iter()
                    .map(|t| {
                        let p = &found.visible[0];
                        q_visible.iter().zip(p).map(|(q, p)| q + (-t).exp() * (p - q)).collect()
                    })
                    .collect();
                let off = apart(&found.visible, &expected);
                assert!(off < 1e-8, "{objective:?} {domain:?}: {off:e}, {:?}", found.end);
                assert_eq!(found.end, End::Completed);
                if domain == Domain::Keep {
                    assert_eq!(found.left_domain_at, None);
                    assert!(found.parameters.iter().flatten().all(|x| (0.0..=1.0).contains(x)));
                }
            }
        }
    }
}

#[test]
fn cylindrical_curves_coincide_and_others_part() {
    let curves = |network: &natgrad::network::Network, q: &[f64], start: &[f64]| {
        Objective::ALL.map(|o| run(network, o, q, start, &adaptive(3.0, 0.1, Domain::Keep)).visible)
    };
    // A hidden child of visible parents is cylindrical; its hidden node may be anything.
    let collider = model([&["y", "z"], &[], &[]]);
    let start = [0.2, 0.5, 0.7, 0.1, 0.35, 0.8];
    // Not a distribution of the model: y and z depend on each other.
    let q = [0.2, 0.05, 0.15, 0.1, 0.05, 0.25, 0.12, 0.08];
    let [evidence, recognition, elbo] = curves(&collider, &q, &start);
    assert!(apart(&evidence, &recognition) < 1e-8 && apart(&evidence, &elbo) < 1e-8);
    let network = fork();
    let q = at(&network, &FORK_TARGET);
    let [evidence, recognition, elbo] = curves(&network, &q, &FORK_START);
    assert!(
        apart(&evidence, &recognition) > 1e-2 && apart(&evidence, &elbo) > 1e-2 && apart(&elbo, &recognition) > 1e-2
    );
}
