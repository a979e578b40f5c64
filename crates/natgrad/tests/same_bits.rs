//! Same bits: any grouping of chunks, any number of threads and shards, interrupted or not.

use natgrad::ascent::Schedule;
use natgrad::catalogue::{CovarianceShape, FamilyName};
use natgrad::engine::{
    Batches, Control, MetricChoice, Outcome, Progress, Settings, Status, estep, fit, mstep, shard_chunks,
};
use natgrad::model::{LatentModel, Want};
use natgrad::rows::{Forest, RowSource};
use natgrad_testkit::mixtures::{Case, Recipe};

/// Seven chunks, the last one short, with missing cells and weights.
fn large(components: usize) -> Case {
    let families = [FamilyName::Normal, FamilyName::Normal, FamilyName::Poisson, FamilyName::Categorical];
    let recipe = Recipe::new(&families, CovarianceShape::Full, components, 6 * 1024 + 371);
    Recipe { missing: true, weighted: true, seed: 42, ..recipe }.case()
}

fn settings(metric: MetricChoice, max_iterations: u64) -> Settings {
    Settings { metric, max_iterations, tolerance: 1e-9, seed: 5, ..Settings::default() }
}

fn every_way() -> Vec<Settings> {
    let batches = Some(Batches { chunks: 2, schedule: Schedule::default() });
    vec![
        settings(MetricChoice::Joint, 14),
        settings(MetricChoice::Auto, 14),
        settings(MetricChoice::Evidence, 14),
        settings(MetricChoice::Euclidean, 14),
        Settings { step_size: 0.7, ..settings(MetricChoice::Joint, 14) },
        Settings { batches, ..settings(MetricChoice::Joint, 14) },
    ]
}

fn run(case: &Case, settings: &Settings, from: Progress, stop_at: Option<u64>) -> Outcome {
    let learning = case.learning();
    fit(&learning, settings, from, &|p| {
        if stop_at.is_some_and(|s| p.iteration >= s) { Control::Stop } else { Control::Continue }
    })
    .expect("a fit")
}

/// Everything a fit leaves behind, as text that keeps every bit.
fn bits(o: &Outcome) -> String {
    let mut text = serde_json::to_string(&o.progress).expect("JSON");
    text.push_str(&serde_json::to_string(&o.look.statistics).expect("JSON"));
    text
}

#[test]
fn chunks_in_any_grouping_give_the_same_bits() {
    let case = large(3);
    let learning = case.learning();
    let whole = learning.look(&case.point, Want::Curvature).expect("a look").statistics;
    let beside = learning.look_at(&[(&case.point, Want::Curvature)]).expect("looks").remove(0).statistics;
    assert_eq!(whole, beside);
    let chunks = case.table.chunks();
    assert_eq!(chunks, 7);
    for cuts in [vec![0, 7], vec![0, 1, 7], vec![0, 3, 4, 7], vec![0, 1, 2, 3, 4, 5, 6, 7], vec![0, 5, 6, 7]] {
        for backwards in [false, true] {
            let mut parts: Vec<Forest<_>> = cuts
                .windows(2)
                .map(|c| learning.partial(&case.point, Want::Curvature, c[0]..c[1]).expect("sums"))
                .collect();
            if backwards {
                parts.reverse();
            }
            let mut forest = Forest::default();
            parts.into_iter().for_each(|p| forest.absorb(p));
            assert_eq!(forest.total().expect("sums"), whole, "{cuts:?}");
        }
    }
}

#[test]
fn any_number_of_threads_gives_the_same_bits() {
    let case = large(2);
    for settings in every_way() {
        let mut seen: Option<String> = None;
        for threads in [1, 2, 7] {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("threads");
            let outcome = pool.install(|| run(&case, &settings, Progress::at(case.point.clone()), None));
            let text = bits(&outcome);
            assert_eq!(seen.get_or_insert_with(|| text.clone()), &text, "{threads} threads, {settings:?}");
        }
    }
}

#[test]
fn any_number_of_shards_gives_the_same_bits() {
    let case = large(3);
    let learning = case.learning();
    let model = case.described.mixture();
    let look = learning.look(&case.point, Want::Statistics).expect("a look");
    let whole = model.maximise(&case.point, &look.statistics).expect("an M-step");
    for count in [1, 3, 8] {
        let mut shards: Vec<_> = (1..=count)
            .map(|i| estep(&learning, &case.point, 77, shard_chunks(case.table.chunks(), i, count)).expect("a shard"))
            .collect();
        shards.rotate_left(count / 2);
        // Through a file and back.
        let text = serde_json::to_string(&shards).expect("JSON");
        let shards = serde_json::from_str(&text).expect("shards");
        let step = mstep(model, &case.point, 77, shards).expect("an M-step");
        assert_eq!(step.statistics, look.statistics, "{count} shards");
        assert_eq!(step.maximised.point, whole.point, "{count} shards");
        assert_eq!(step.maximised.notes, whole.notes, "{count} shards");
    }
}

#[test]
fn shards_that_do_not_belong_together_are_refused() {
    let case = large(2);
    let learning = case.learning();
    let part = |i| estep(&learning, &case.point, 77, shard_chunks(case.table.chunks(), i, 2)).expect("a shard");
    let model = case.described.mixture();
    let refused =
        |shards, fingerprint| mstep(model, &case.point, fingerprint, shards).expect_err("an error").to_string();
    assert!(refused(vec![part(1), part(2)], 78).contains("other parameters"));
    assert!(refused(vec![part(1)], 77).contains("cover chunks"));
    assert!(refused(vec![part(1), part(2), part(2)], 77).contains("more than one"));
    assert!(refused(vec![], 77).contains("no statistics"));
}

#[test]
fn a_resumed_fit_gives_the_same_bits() {
    let case = large(3);
    for settings in every_way() {
        let straight = run(&case, &settings, Progress::at(case.point.clone()), None);
        for stop_at in [1, 5, 6] {
            let first = run(&case, &settings, Progress::at(case.point.clone()), Some(stop_at));
            if first.progress.status != Some(Status::Interrupted) {
                continue; // it had converged before
            }
            // Through a file and back.
            let text = serde_json::to_string(&first.progress).expect("JSON");
            let resumed = run(&case, &settings, serde_json::from_str(&text).expect("progress"), None);
            assert_eq!(resumed.progress.point, straight.progress.point, "stopped at {stop_at}, {settings:?}");
            assert_eq!(bits(&resumed), bits(&straight), "stopped at {stop_at}, {settings:?}");
        }
    }
}
