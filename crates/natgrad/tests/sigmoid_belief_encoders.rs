//! Recognition nets: estimates in order, the same bits for any number of threads, digits learnt, bad input refused.

mod common;

use common::nets::{binary_rows, evidence, random_point};
use common::{columns_of, csv};
use natgrad::geometry::Point;
use natgrad::model::sigmoid_belief_net::encoder::{Encoder, Phases, TrainSettings, estimate, train};
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
        estimate(&net, &encoder, &table, (&at, &phi), &settings).expect("an estimate")
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
    let run = |samples: usize, phases: Phases, epochs: u64, threads: usize| {
        let settings = TrainSettings { samples, phases, epochs, batch: 100, rate: 0.1, ..TrainSettings::default() };
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("threads");
        pool.install(|| train(&net, &encoder, &table, (&start.0, &start.1), &settings)).expect("learnt")
    };
    // Wake-sleep, then its reweighted form.
    for (samples, phases) in [(1, Phases { wake: false, sleep: true }), (10, Phases { wake: true, sleep: true })] {
        let learnt = run(samples, phases, 60, 2);
        let after = evidence(&net, &learnt.point.0, &table);
        assert!(after > before + 0.6, "{samples} samples: {after} from {before}");
        let last = learnt.trace.last().expect("passes");
        assert!(last.elbo <= last.importance + 1e-12 && last.importance < after + 0.1, "{last:?} {after}");
    }
    let one = run(5, Phases { wake: true, sleep: true }, 3, 1);
    let three = run(5, Phases { wake: true, sleep: true }, 3, 3);
    assert_eq!(one, three);
}

#[test]
fn what_cannot_be_learnt_is_refused() {
    let table = binary_rows(10, 5, 0.5, false, 1);
    let net = net(5, &[2]);
    let encoder = Encoder::new(&net);
    let (at, phi) = (random_point(&net, 1), encoder.start(1));
    let settings = TrainSettings::default();
    let missing = train(&net, &encoder, &table, (&at, &phi), &settings).expect_err("missing cells");
    assert!(missing.to_string().contains("mean-field"), "{missing}");
    let whole = binary_rows(10, 5, 0.0, false, 1);
    assert!(train(&net, &encoder, &whole, (&at, &Point(vec![0.0])), &settings).is_err());
    assert!(train(&net, &encoder, &whole, (&at, &phi), &TrainSettings { samples: 0, ..settings }).is_err());
}
