//! Recognition nets: estimates in order, the same bits for any number of threads, digits learnt, bad input refused.

mod common;

use common::nets::{binary_rows, evidence, random_point};
use common::{columns_of, csv};
use natgrad::geometry::Point;
use natgrad::model::sigmoid_belief_net::encoder::{
    Amortised, Encoder, EncoderStatus, Phases, TrainSettings, evaluate, importance_bound, recognise, train,
};
use natgrad::model::sigmoid_belief_net::{Recognition, SigmoidBeliefNet};
use natgrad::rows::Table;

fn net(visible: usize, hidden: &[usize]) -> SigmoidBeliefNet {
    SigmoidBeliefNet::new(visible, hidden, vec![], Recognition::Exact).expect("a net")
}

#[test]
fn more_samples_give_a_higher_bound_that_ends_at_the_evidence() {
    let table = binary_rows(60, 5, 0.0, false, 3);
    let net = net(5, &[3, 2]);
    let encoder = Encoder::new(&net);
    let at = random_point(&net, 4);
    let phi = encoder.start(5);
    let whole = evidence(&net, &at.0, &table);
    let with = |samples: usize| {
        let settings = TrainSettings { samples, ..TrainSettings::default() };
        evaluate(&net, &encoder, &table, (&at, &phi), &settings).expect("an estimate")
    };
    let (few, many) = (with(5), with(4000));
    assert!(many.elbo < few.importance && few.importance < whole, "{few:?} {many:?} {whole}");
    // Four thousand samples of 32 states: the bound is within a few thousandths.
    assert!((many.importance - whole).abs() < 0.01, "{} and {whole}", many.importance);
}

#[test]
fn both_wakes_learn_digits_and_threads_do_not_matter() {
    let data = csv("entropy_sums/digits4x4_bin.csv", false);
    let table = Table::from_columns(columns_of(15, None), &data, None).expect("a table");
    let frequencies: Vec<f64> = data.iter().map(|c| c.iter().sum::<f64>() / c.len() as f64).collect();
    let net = net(15, &[4]);
    let encoder = Encoder::new(&net);
    let start = (net.start(&frequencies, 1), encoder.start(1));
    let before = evidence(&net, &start.0.0, &table);
    let run = |samples: usize, epochs: u64, threads: usize| {
        let settings = TrainSettings {
            samples,
            phases: Phases::of(samples),
            epochs,
            batch: 100,
            rate: 0.1,
            ..TrainSettings::default()
        };
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("threads");
        let begin = Amortised::at(start.0.clone(), start.1.clone());
        pool.install(|| train(&net, &encoder, &table, &settings, begin, &mut |_| true)).expect("learnt")
    };
    // Wake-sleep, then its reweighted form.
    for samples in [1, 10] {
        let learnt = run(samples, 60, 2);
        let after = evidence(&net, &learnt.progress.point.0, &table);
        assert!(after > before + 0.6, "{samples} samples: {after} from {before}");
        let e = &learnt.evaluation;
        // Samples scatter by their standard error.
        assert!(e.elbo <= e.importance + 1e-12 && e.importance < after + 4.0 * e.importance_error, "{e:?} {after}");
        // The closed forms at the end: the entropy sum is met within what it is known to.
        assert!(e.residual.abs() < 4.0 * e.residual_error && e.residual_error < 0.3, "{e:?}");
        assert!((e.importance - e.entropies.sum() - e.residual).abs() < 1e-12);
        assert_eq!(learnt.progress.status, Some(EncoderStatus::EpochLimit));
    }
    assert_eq!(run(5, 3, 1), run(5, 3, 3));
}

#[test]
fn learning_goes_on_to_the_same_bits_and_windows_bound_memory() {
    let table = binary_rows(300, 6, 0.0, true, 8);
    let net = net(6, &[3, 2]);
    let encoder = Encoder::new(&net);
    let begin = || Amortised::at(net.start(&[0.5; 6], 1), encoder.start(1));
    for window in [100, 1000] {
        let settings = TrainSettings { samples: 3, epochs: 6, batch: 40, window, ..TrainSettings::default() };
        let whole = train(&net, &encoder, &table, &settings, begin(), &mut |_| true).expect("learnt");
        let mut kept = String::new();
        let cut = train(&net, &encoder, &table, &settings, begin(), &mut |p| {
            kept = serde_json::to_string(p).expect("written");
            p.epoch < 3
        });
        assert_eq!(cut.expect("stopped").progress.status, Some(EncoderStatus::Interrupted));
        let again = serde_json::from_str(&kept).expect("read");
        let on = train(&net, &encoder, &table, &settings, again, &mut |_| true).expect("learnt");
        assert_eq!(whole.evaluation, on.evaluation);
        assert_eq!(whole.progress.point, on.progress.point);
        assert_eq!(whole.progress.trace, on.progress.trace);
    }
}

#[test]
fn the_residual_is_the_slope_along_the_parameters() {
    let table = binary_rows(400, 5, 0.0, true, 3);
    let net = net(5, &[3, 2]);
    let encoder = Encoder::new(&net);
    let (at, phi) = (random_point(&net, 4), encoder.start(5));
    let settings = TrainSettings { samples: 4, ..TrainSettings::default() };
    let here = evaluate(&net, &encoder, &table, (&at, &phi), &settings).expect("an estimate");
    // Beliefs do not see the net's parameters and draws are the same: a difference of L_K along them is exact but for
    // its truncation.
    let h = 1e-4;
    let scaled = |t: f64| {
        let at = Point(at.0.iter().map(|x| x * (1.0 + t)).collect());
        evaluate(&net, &encoder, &table, (&at, &phi), &settings).expect("an estimate").importance
    };
    let difference = (scaled(h) - scaled(-h)) / (2.0 * h);
    assert!((difference - here.residual).abs() < 1e-6, "{difference} and {}", here.residual);
    // KL(q ‖ p(z)) and what is expected of the cells make up the ELBO: unit by unit it is told.
    assert_eq!(here.divergences.len(), 5);
}

#[test]
fn beliefs_and_bounds_of_rows_are_those_of_all() {
    let table = binary_rows(150, 5, 0.0, false, 3);
    let net = net(5, &[2]);
    let encoder = Encoder::new(&net);
    let (at, phi) = (random_point(&net, 4), encoder.start(5));
    let chunk = table.chunk(0);
    let bounds = importance_bound(&net, &encoder, &chunk, (&at, &phi), 2000, 1).expect("bounds");
    let exact = net.recognise(&at, &chunk).expect("beliefs");
    let beliefs = recognise(&net, &encoder, &chunk, (&at, &phi), 2000, 1).expect("beliefs");
    assert_eq!(bounds, beliefs.bounds);
    for (a, b) in bounds.iter().zip(&exact.evidence) {
        // Two thousand samples of four states.
        assert!((a - b).abs() < 0.2, "{a} {b}");
    }
    for (a, b) in beliefs.expected.iter().zip(&exact.expected) {
        assert!((a - b).abs() < 0.1, "{a} {b}");
    }
    assert!(beliefs.means.iter().all(|m| (0.0..=1.0).contains(m)));
}

#[test]
fn what_cannot_be_learnt_is_refused() {
    let table = binary_rows(10, 5, 0.5, false, 1);
    let net = net(5, &[2]);
    let encoder = Encoder::new(&net);
    let (at, phi) = (random_point(&net, 1), encoder.start(1));
    let settings = TrainSettings::default();
    let begin = || Amortised::at(at.clone(), phi.clone());
    let learn = |table: &Table, settings: &TrainSettings, begin: Amortised| {
        train(&net, &encoder, table, settings, begin, &mut |_| true)
    };
    let missing = learn(&table, &settings, begin()).expect_err("missing cells");
    assert!(missing.to_string().contains("mean-field"), "{missing}");
    let whole = binary_rows(10, 5, 0.0, false, 1);
    assert!(learn(&whole, &settings, Amortised::at(at.clone(), Point(vec![0.0]))).is_err());
    for wrong in [
        TrainSettings { samples: 0, ..settings },
        TrainSettings { rate: 0.0, ..settings },
        TrainSettings { damping: -1.0, ..settings },
        TrainSettings { batch: 0, ..settings },
    ] {
        assert!(learn(&whole, &wrong, begin()).is_err());
    }
    let narrow = binary_rows(10, 4, 0.0, false, 1);
    assert!(learn(&narrow, &settings, begin()).expect_err("columns").to_string().contains("4 columns"));
}
