//! What happens at the boundary of the simplex, at the end of a flow, and with settings that make no sense.

mod common;

use common::*;
use natgrad::geometry::Point;
use natgrad::network::{Enumerated, Target};
use natgrad_flow::{Domain, End, Method, Objective, Settings, flow};

#[test]
fn the_free_evidence_leaves_the_box_and_the_kept_one_does_not() {
    let network = fork();
    let q = at(&network, &FORK_TARGET);
    let free = run(&network, Objective::Evidence, &q, &FORK_START, &euler(0.01, 499, Domain::Free));
    // The published run crosses at its 76th step.
    assert_eq!(free.left_domain_at, Some(0.76));
    assert!(free.parameters.iter().flatten().any(|x| *x > 1.0));
    let smooth = run(&network, Objective::Evidence, &q, &FORK_START, &adaptive(4.99, 0.5, Domain::Free));
    let left = smooth.left_domain_at.expect("it leaves");
    // Euler's error of a curve of length 1 is of the order of its step.
    assert!((left - 0.76).abs() < 0.03, "{left}");
    // The time found does not depend on where points are asked for, beyond the error of the integrator.
    let finer = run(&network, Objective::Evidence, &q, &FORK_START, &adaptive(4.99, 0.01, Domain::Free));
    assert!((finer.left_domain_at.expect("it leaves") - left).abs() < 1e-8);
    let kept = run(&network, Objective::Evidence, &q, &FORK_START, &euler(0.01, 499, Domain::Keep));
    assert_eq!((kept.left_domain_at, &kept.end), (None, &End::Completed));
    assert!(kept.parameters.iter().flatten().all(|x| (0.0..=1.0).contains(x)));
    // The same visible curve, up to Euler's error in either.
    assert!(apart(&free.visible, &kept.visible) < 0.01);
}

#[test]
fn kept_steps_of_any_length_stay_inside() {
    let network = fork();
    let q = at(&network, &FORK_TARGET);
    for objective in Objective::ALL {
        for dt in [0.3, 1.0, 7.0, 1e6] {
            let found = run(&network, objective, &q, &FORK_START, &euler(dt, 60, Domain::Keep));
            let entries = found.parameters.iter().flatten();
            assert!(entries.clone().all(|x| (0.0..=1.0).contains(x)), "{objective:?} {dt}");
            assert_eq!(found.left_domain_at, None);
        }
    }
    // A whole step towards perfect recognition is EM's: the evidence never falls.
    let found = run(&network, Objective::Recognition, &q, &FORK_START, &euler(1e6, 60, Domain::Keep));
    assert!(found.divergence.windows(2).all(|w| w[1] <= w[0] + 1e-14), "{:?}", found.divergence);
}

#[test]
fn deterministic_targets_are_approached_from_inside() {
    let network = fork();
    // Every visible state but the first has probability 0.
    let q = [0.5, 0.0, 0.0, 0.0, 0.5, 0.0, 0.0, 0.0];
    for settings in [adaptive(4.0, 0.5, Domain::Keep), euler(0.01, 400, Domain::Keep), euler(0.01, 400, Domain::Free)] {
        for objective in [Objective::Recognition, Objective::Elbo] {
            let found = run(&network, objective, &q, &[0.3, 0.8, 0.4, 0.6, 0.1], &settings);
            let last = found.divergence.len() - 1;
            assert!(found.divergence[last] < 0.1, "{objective:?}: {} {:?}", found.divergence[last], found.end);
            assert_eq!((found.left_domain_at, &found.end), (None, &End::Completed));
        }
    }
}

#[test]
fn points_are_thinned_and_the_last_one_is_kept() {
    let network = fork();
    let q = at(&network, &FORK_TARGET);
    let every = |method: Method| {
        let settings = Settings { method, domain: Domain::Keep, every: 4, tolerance: 0.0 };
        run(&network, Objective::Elbo, &q, &FORK_START, &settings)
    };
    assert_eq!(every(Method::Euler { dt: 0.1, steps: 10 }).step, [0, 4, 8, 10]);
    let adaptive = every(Method::Adaptive { until: 1.05, spacing: 0.1, relative: 1e-8, absolute: 1e-10 });
    assert_eq!((adaptive.step, adaptive.time), (vec![0, 4, 8, 11], vec![0.0, 0.4, 0.8, 1.05]));
}

#[test]
fn a_flow_that_has_settled_ends() {
    let network = fork();
    let q = at(&network, &FORK_TARGET);
    for method in [
        Method::Euler { dt: 0.01, steps: 10_000 },
        Method::Adaptive { until: 100.0, spacing: 0.5, relative: 1e-9, absolute: 1e-12 },
    ] {
        for objective in Objective::ALL {
            let settings = Settings { method, domain: Domain::Keep, every: 1, tolerance: 1e-8 };
            let found = run(&network, objective, &q, &FORK_START, &settings);
            assert_eq!(found.end, End::Settled, "{objective:?}");
            let last = found.time[found.time.len() - 1];
            // The divergence falls like e^{-2t}, or more slowly by a spectrum's eigenvalue.
            assert!((5.0..60.0).contains(&last), "{objective:?}: {last}");
        }
    }
}

#[test]
fn what_makes_no_sense_is_refused() {
    let network = fork();
    let of = Enumerated::new(&network, &HIDDEN).expect("few states");
    let q = joint(at(&network, &FORK_TARGET));
    let start = Point(FORK_START.to_vec());
    let refused = |settings: Settings, start: &Point, target: &Target, word: &str| {
        let e = flow(&of, Objective::Elbo, target, start, &settings).expect_err(word).to_string();
        assert!(e.contains(word) && e.contains("hint: "), "{e}");
    };
    refused(euler(0.0, 5, Domain::Free), &start, &q, "time step is 0");
    refused(euler(f64::NAN, 5, Domain::Free), &start, &q, "time step is NaN");
    refused(euler(0.1, 0, Domain::Free), &start, &q, "number of steps");
    refused(adaptive(-1.0, 0.1, Domain::Free), &start, &q, "end of the time is -1");
    refused(adaptive(1.0, 0.0, Domain::Free), &start, &q, "time between two points");
    refused(Settings { every: 0, ..Settings::default() }, &start, &q, "between two kept");
    refused(Settings::default(), &Point(vec![0.5]), &q, "1 parameters, the network 5");
    refused(Settings::default(), &start, &joint(vec![0.5, 0.5]), "2 entries");
    let edge = Point(vec![0.3, 1.0, 1.0, 0.5, 0.5]);
    refused(Settings::default(), &edge, &q, "probability 0");
    refused(euler(0.1, 5, Domain::Keep), &edge, &joint(at(&network, &[0.2, 1.0, 1.0, 0.2, 0.2])), "not positive");
}
