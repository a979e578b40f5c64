//! M-steps of networks: stationary for every kind of node, at once where nothing is hidden, and still where frozen.

mod learnt;

use learnt::{Kind, case, with_rows};
use natgrad::model::bayes_net::Sharing;
use natgrad::model::{LatentModel, Want};
use natgrad::network::{Network, NodeSpec, random_point};
use natgrad::objective::Learning;
use natgrad::rows::RowSource;

#[test]
fn m_steps_are_stationary_and_never_lower_the_evidence() {
    for seed in 0..120 {
        let prior = if seed % 2 == 0 { 0.5 } else { 0.0 };
        let (local, ties, frozen) = (seed % 3 != 0, seed % 3 == 0, seed % 5 == 0);
        let mut c = case(seed, Kind { prior, local, ties, frozen, ..Kind::default() });
        c.net.survey(&c.table).expect("a survey");
        let learning = Learning::new(&c.net, &c.table, 0.0);
        let look = learning.look(&c.at, Want::Statistics).expect("a look");
        let next = c.net.maximise(&c.at, &look.statistics).expect("a step").point;
        // The slope at the new point with the old counts is that of what the M-step maximises. Searches of local models
        // stop at 1e-10 of the rows or so; the square of the slope is what is lost.
        let slope = c.net.gradient(&next, &look.statistics);
        for (i, g) in slope.0.iter().enumerate() {
            assert!(g.abs() < 1e-6, "{seed}, {}: {g:e}", c.net.name_of(i));
        }
        let after = learning.look(&next, Want::Evidence).expect("a look").elbo;
        assert!(after >= look.elbo - 1e-12 * (1.0 + look.elbo.abs()), "{seed}: {} to {after}", look.elbo);
        for node in (0..c.network.len()).filter(|&i| c.net.is_frozen(i)) {
            let bits = |at| c.net.table(node, at).iter().map(|p: &f64| p.to_bits()).collect::<Vec<_>>();
            assert_eq!(bits(&c.at), bits(&next), "{seed}: node {node} is frozen");
            assert!(c.net.coordinates(node).is_empty());
        }
    }
}

#[test]
fn where_nothing_is_hidden_one_step_is_the_maximum() {
    for seed in 0..20 {
        let specs = (0..4)
            .map(|i: usize| NodeSpec {
                name: format!("n{i}"),
                states: (0..2 + i % 2).map(|s| format!("s{s}")).collect(),
                parents: (i.saturating_sub(2)..i).map(|p| format!("n{p}")).collect(),
                table: None,
            })
            .collect();
        let (network, _) = Network::new(specs).expect("a network");
        let point = random_point(&network, seed);
        let prior = if seed % 2 == 0 { 0.0 } else { 1.5 };
        let sharing = Sharing { prior, ..Sharing::default() };
        let mut c = with_rows(network, &point, &[false; 4], 0.0, 200, &sharing, seed);
        c.net.survey(&c.table).expect("a survey");
        let learning = Learning::new(&c.net, &c.table, 0.0);
        let look = learning.look(&c.at, Want::Statistics).expect("a look");
        let next = c.net.maximise(&c.at, &look.statistics).expect("a step").point;
        // Frequencies counted by hand.
        for node in 0..4 {
            let (k, parents) = (c.network.states(node), c.network.dag().parents(node).to_vec());
            let mut counts = vec![prior; c.network.configurations(node) * k];
            for row in 0..c.table.rows() as usize {
                let x = |i: usize| c.table.cell(row, i) as usize;
                let configuration = parents.iter().fold(0, |r, &p| r * c.network.states(p) + x(p));
                counts[configuration * k + x(node)] += c.table.weight(row);
            }
            let (before, after) = (c.net.table(node, &c.at), c.net.table(node, &next));
            for (row, own) in counts.chunks(k).enumerate() {
                let total: f64 = own.iter().sum();
                for j in 0..k {
                    let expected = if total > 0.0 { own[j] / total } else { before[row * k + j] };
                    // A logarithm and an exponential.
                    assert!((after[row * k + j] - expected).abs() < 1e-15, "{seed}, node {node}");
                }
            }
        }
        // Another step goes nowhere, and the slope is nothing but rounding.
        let look = learning.look(&next, Want::Statistics).expect("a look");
        assert_eq!(c.net.maximise(&next, &look.statistics).expect("a step").point, next);
        assert!(learning.gradient(&look).0.iter().all(|g| g.abs() < 1e-14), "{seed}");
        assert_eq!(learning.entropies(&look).recognition, 0.0, "nothing is hidden");
    }
}
