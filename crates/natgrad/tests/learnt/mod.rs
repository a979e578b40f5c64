//! Random networks with rows that have gaps, and their sums by listing all joint states.
#![allow(dead_code)] // each test file uses its share

use natgrad::geometry::Point;
use natgrad::linalg::Matrix;
use natgrad::model::bayes_net::{BayesNet, Sharing};
use natgrad::network::local::LocalSpec;
use natgrad::network::{Network, NodeSpec};
use natgrad::rows::{Column, ColumnKind, RowSource, Table};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// A network to be learnt, where it is, and its rows.
pub struct Case {
    pub network: Network,
    /// Tables, `configurations × states`.
    pub tables: Vec<Vec<f64>>,
    pub net: BayesNet,
    pub at: Point,
    pub table: Table,
}

/// What a random case has.
#[derive(Clone, Copy, Default)]
pub struct Kind {
    /// Some entries are 0.
    pub zeros: bool,
    /// Pseudo-count of every table cell.
    pub prior: f64,
    /// Tables of equal shape are shared.
    pub ties: bool,
    /// A table or two stay where they are.
    pub frozen: bool,
    /// Nodes of two states are logistic or noisy-or more often than not.
    pub local: bool,
}

/// A random network of up to six nodes of one to three states, and 40 rows with missing cells and weights; some nodes are
/// never seen.
pub fn case(seed: u64, kind: Kind) -> Case {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let n = rng.random_range(1..=6);
    let most = if kind.ties || kind.local { 2 } else { 3 };
    let cards: Vec<usize> = (0..n).map(|_| if kind.local { 2 } else { rng.random_range(1..=most) }).collect();
    let (mut specs, mut local) = (Vec::<NodeSpec>::new(), Vec::new());
    for i in 0..n {
        let parents: Vec<usize> = (0..i).filter(|_| rng.random::<f64>() < 0.45).collect();
        let rows: usize = parents.iter().map(|&p| cards[p]).product();
        let table = (0..rows)
            .map(|_| {
                let mut row: Vec<f64> = (0..cards[i]).map(|_| 0.05 + rng.random::<f64>()).collect();
                if kind.zeros && cards[i] > 1 && rng.random::<f64>() < 0.3 {
                    row[0] = 0.0;
                }
                let total: f64 = row.iter().sum();
                row.iter().map(|p| p / total).collect()
            })
            .collect();
        let model = (kind.local && rng.random::<f64>() < 0.7).then(|| {
            let weights = |rng: &mut ChaCha8Rng, low: f64, high: f64| -> Vec<Vec<f64>> {
                let one = |rng: &mut ChaCha8Rng| low + (high - low) * rng.random::<f64>();
                parents.iter().map(|&p| (1..cards[p]).map(|_| one(rng)).collect()).collect()
            };
            if rng.random::<bool>() {
                LocalSpec::Logistic { weights: weights(&mut rng, -1.5, 1.5), bias: 0.3 }
            } else {
                LocalSpec::NoisyOr { weights: weights(&mut rng, 0.2, 0.8), leak: 0.2 }
            }
        });
        specs.push(NodeSpec {
            name: format!("n{i}"),
            states: (0..cards[i]).map(|s| format!("s{s}")).collect(),
            parents: parents.iter().map(|p| format!("n{p}")).collect(),
            table: model.is_none().then_some(table),
        });
        local.push(model);
    }
    let mut sharing = Sharing { prior: kind.prior, ..Sharing::default() };
    if kind.ties {
        let shape = |i: usize| {
            let parents: Vec<usize> =
                specs[i].parents.iter().filter_map(|p| Some(cards[p[1..].parse::<usize>().ok()?])).collect();
            specs[i].table.as_ref().map(|_| (cards[i], parents))
        };
        for i in 0..n {
            let alike = |g: &Vec<usize>| shape(i).is_some() && shape(g[0]) == shape(i);
            match sharing.ties.iter().position(alike) {
                Some(g) => sharing.ties[g].push(i),
                None => sharing.ties.push(vec![i]),
            }
        }
        sharing.ties.retain(|g| g.len() > 1);
        for group in &sharing.ties {
            let first = specs[group[0]].table.clone();
            group.iter().for_each(|&i| specs[i].table.clone_from(&first));
        }
    }
    if kind.frozen {
        let tied = |i: usize| sharing.ties.iter().any(|g| g.contains(&i));
        sharing.frozen = (0..n).filter(|&i| i % 3 == (seed % 3) as usize && !tied(i)).collect();
    }
    let (network, point) = Network::described(specs, &local).expect("a network");
    let never: Vec<bool> = (0..n).map(|_| rng.random::<f64>() < 0.25).collect();
    with_rows(network, &point.expect("tables"), &never, 0.3, 40, &sharing, seed)
}

/// Rows drawn from the network itself, so that none is impossible; a share of the cells is missing.
pub fn with_rows(
    network: Network,
    point: &Point,
    never: &[bool],
    missing: f64,
    rows: usize,
    sharing: &Sharing,
    seed: u64,
) -> Case {
    let mut rng = ChaCha8Rng::seed_from_u64(seed ^ 0xabcd);
    let n = network.len();
    let visible: Vec<usize> = (0..n).filter(|&i| !never[i]).collect();
    let mut columns = vec![None; n];
    visible.iter().enumerate().for_each(|(d, &i)| columns[i] = Some(d));
    let tables: Vec<Vec<f64>> = (0..n).map(|i| network.table(i, point)).collect();
    let net = BayesNet::new(network.clone(), columns, sharing).expect("a model");
    let at = net.point(&network, point).expect("a point");
    let mut draw = net.sampler(&at, seed ^ 77);
    let drawn: Vec<Vec<u16>> = (0..rows).map(|_| draw()).collect();
    drop(draw);
    let data: Vec<Vec<f64>> = visible
        .iter()
        .map(|&i| {
            drawn.iter().map(|r| if rng.random::<f64>() < missing { f64::NAN } else { f64::from(r[i]) }).collect()
        })
        .collect();
    let header = visible
        .iter()
        .map(|&i| Column {
            name: format!("n{i}"),
            kind: ColumnKind::Levels(network.nodes()[i].states.clone()),
            missing: true,
        })
        .collect::<Vec<_>>();
    let weights = (0..rows).map(|_| f64::from(rng.random_range(0..4u8)) * 0.5).collect::<Vec<_>>();
    let table = if header.is_empty() {
        Table::from_chunks(header, rows, Vec::new(), Some(weights)).expect("a table")
    } else {
        Table::from_columns(header, &data, Some(weights)).expect("a table")
    };
    Case { network, tables, net, at, table }
}

/// Sums over all rows.
pub struct Listed {
    /// `Σ_n w_n ln p(v_n)`.
    pub log: f64,
    /// Expected counts of every node's table, of its own (also where it is tied).
    pub counts: Vec<Vec<f64>>,
    /// `Σ_n w_n E[t] E[t]ᵀ` and `Σ_n w_n E[t tᵀ]`, `t` the indicator of the entries, node after node.
    pub moments: Option<[Matrix; 2]>,
}

/// The sums by listing all joint states that fit each row.
pub fn listed(case: &Case, moments: bool) -> Listed {
    let n = case.network.len();
    let cards: Vec<usize> = (0..n).map(|i| case.network.states(i)).collect();
    let mut firsts = Vec::new();
    let total = case.tables.iter().fold(0, |first, t| {
        firsts.push(first);
        first + t.len()
    });
    let entry = |i: usize, x: &[usize]| {
        let row = case.network.dag().parents(i).iter().fold(0, |r, &p| r * cards[p] + x[p]);
        row * cards[i] + x[i]
    };
    let mut out = Listed {
        log: 0.0,
        counts: case.tables.iter().map(|t| vec![0.0; t.len()]).collect(),
        moments: moments.then(|| [Matrix::zeros(total, total), Matrix::zeros(total, total)]),
    };
    for row in 0..case.table.rows() as usize {
        let w = case.table.weight(row);
        if w == 0.0 {
            continue;
        }
        let cells: Vec<Option<usize>> = (0..n)
            .map(|i| case.net.columns()[i].map(|d| case.table.cell(row, d)).filter(|c| !c.is_nan()).map(|c| c as usize))
            .collect();
        let hidden: Vec<usize> = (0..n).filter(|&i| cells[i].is_none()).collect();
        let mut x: Vec<usize> = cells.iter().map(|c| c.unwrap_or(0)).collect();
        let (mut sum, mut own) = (0.0, Vec::new());
        for state in 0..hidden.iter().map(|&i| cards[i]).product::<usize>() {
            hidden.iter().fold(state, |left, &i| {
                x[i] = left % cards[i];
                left / cards[i]
            });
            let entries: Vec<usize> = (0..n).map(|i| entry(i, &x)).collect();
            let p: f64 = (0..n).map(|i| case.tables[i][entries[i]]).product();
            sum += p;
            own.push((entries, p));
        }
        out.log += w * sum.ln();
        let mut mean = vec![0.0; total];
        for (entries, p) in own {
            for (i, &e) in entries.iter().enumerate() {
                out.counts[i][e] += w * p / sum;
                mean[firsts[i] + e] += p / sum;
            }
            if let Some([_, square]) = &mut out.moments {
                for (i, &e) in entries.iter().enumerate() {
                    entries
                        .iter()
                        .enumerate()
                        .for_each(|(j, &f)| square[(firsts[i] + e, firsts[j] + f)] += w * p / sum);
                }
            }
        }
        if let Some([means, _]) = &mut out.moments {
            let some: Vec<usize> = (0..total).filter(|&e| mean[e] > 0.0).collect();
            some.iter().for_each(|&e| some.iter().for_each(|&f| means[(e, f)] += w * mean[e] * mean[f]));
        }
    }
    out
}
