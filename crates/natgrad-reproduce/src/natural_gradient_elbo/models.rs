//! The paper's two models of three binary nodes, its targets and its starts; `x` is hidden.

use natgrad::Error;
use natgrad::geometry::Point;
use natgrad::geometry::simplex::Distribution;
use natgrad::network::{Enumerated, Network, NodeSpec, Target, random_point};

/// `x` is hidden, `y` and `z` are visible.
pub const HIDDEN: [bool; 3] = [true, false, false];

/// The parameters that both simulations of the fork aim at.
pub const FORK_AIM: [f64; 5] = [0.78, 0.24, 0.82, 0.97, 0.97];
/// Where simulation 2 starts: draws 11 to 15 of MT19937 with seed 13, 53 bits each.
pub const START_2: [f64; 5] =
    [0.035036524101437316, 0.2984494708891794, 0.058512491882074746, 0.8570609425871989, 0.3728540278748075];
/// Where simulation 8 starts: draws 41 to 45.
pub const START_8: [f64; 5] =
    [0.2769963563838095, 0.6954454525534746, 0.9185517481459488, 0.2444757021979903, 0.4580858172767637];
/// The parameters that the flows of the independent model aim at.
pub const INDEPENDENT_AIM: [f64; 3] = [0.95, 0.1, 0.9];
/// Where they start.
pub const INDEPENDENT_START: [f64; 3] = [0.02, 0.95, 0.02];

/// The target on the model: the joint distribution at [`FORK_AIM`] in four decimals.
const GOOD: [f64; 8] = [0.1816, 0.0056, 0.5750, 0.0178, 0.1750, 0.0054, 0.0384, 0.0012];
/// The target off the model, to be divided by its sum.
const BAD: [f64; 8] = [0.07400131, 0.00170303, 0.03834848, 0.05831235, 0.59919552, 0.00180455, 0.01080728, 0.21582747];

/// A network of nodes `n0, n1, …` with these numbers of states and these parents, tables missing.
pub fn network(names: &[&str], states: &[usize], parents: &[Vec<usize>]) -> Result<Network, Error> {
    let specs = (0..names.len())
        .map(|i| NodeSpec {
            name: names[i].into(),
            states: (0..states[i]).map(|s| format!("s{s}")).collect(),
            parents: parents[i].iter().map(|&p| names[p].into()).collect(),
            table: None,
        })
        .collect();
    Ok(Network::new(specs)?.0)
}

/// M⁽ᵃ⁾: three independent nodes; cylindrical.
pub fn independent() -> Result<Network, Error> {
    network(&["x", "y", "z"], &[2; 3], &[vec![], vec![], vec![]])
}

/// M⁽ᵇ⁾: the fork `y ← x → z`; not cylindrical.
pub fn fork() -> Result<Network, Error> {
    network(&["x", "y", "z"], &[2; 3], &[vec![], vec![0], vec![0]])
}

/// A distribution of some states, uniform on their simplex.
pub fn distribution(states: usize, seed: u64) -> Result<Distribution, Error> {
    let one = network(&["all"], &[states], &[vec![]])?;
    Distribution::new(one.table(0, &random_point(&one, seed)))
}

/// Joint distribution of a network at a point, as a target.
pub fn joint_at(network: &Network, point: &[f64]) -> Result<Distribution, Error> {
    let of = Enumerated::new(network, &HIDDEN)?;
    Distribution::new(of.at(&Point(point.to_vec())).joint)
}

/// The two targets of the histograms, by name.
pub fn targets() -> Result<[(&'static str, Target); 2], Error> {
    let normalised = |p: [f64; 8]| {
        let total: f64 = p.iter().sum();
        Distribution::new(p.iter().map(|x| x / total).collect()).map(Target::Joint)
    };
    Ok([("good", normalised(GOOD)?), ("bad", normalised(BAD)?)])
}
