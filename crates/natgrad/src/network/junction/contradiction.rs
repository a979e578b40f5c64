//! Which observations cannot be true together, where evidence has probability zero.

use super::posterior::posteriors;
use crate::Error;
use crate::geometry::Point;
use crate::network::Network;

/// Observations that exclude each other; without any one of them the others are possible.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contradiction {
    /// Which of the observations, ascending.
    pub observations: Vec<usize>,
    /// Where they are a node with all its parents: the node, and the entry of its table that is zero (flat,
    /// configurations slowest).
    pub entry: Option<(usize, usize)>,
}

/// A smallest contradiction in observations (node, state), each node at most once; `None` where they are possible.
///
/// It lies in the shortest beginning of the list that is impossible, and ends with that beginning's last observation.
///
/// # Errors
/// As [`posteriors`].
pub fn contradiction(
    network: &Network,
    at: &Point,
    observations: &[(usize, usize)],
    most_bytes: f64,
) -> Result<Option<Contradiction>, Error> {
    let impossible = |of: &[usize]| -> Result<bool, Error> {
        let mut evidence = vec![None; network.len()];
        of.iter().for_each(|&k| evidence[observations[k].0] = Some(observations[k].1));
        Ok(posteriors(network, at, &evidence, &[], most_bytes)?.log_evidence == f64::NEG_INFINITY)
    };
    let all: Vec<usize> = (0..observations.len()).collect();
    if !impossible(&all)? {
        return Ok(None);
    }
    // More observations never make an impossible list possible: halve.
    let (mut possible, mut not) = (0, all.len());
    while possible + 1 < not {
        let middle = (possible + not) / 2;
        if impossible(&all[..middle])? { not = middle } else { possible = middle }
    }
    let mut left = all[..not].to_vec();
    let mut k = 0;
    while k + 1 < left.len() {
        let without: Vec<usize> = left.iter().copied().filter(|o| *o != left[k]).collect();
        if impossible(&without)? { left = without } else { k += 1 }
    }
    let state = |i: usize| left.iter().map(|&k| observations[k]).find(|o| o.0 == i).map(|o| o.1);
    let zero = |i: usize| {
        let configuration =
            network.dag().parents(i).iter().try_fold(0, |c, &p| state(p).map(|s| c * network.states(p) + s))?;
        let entry = configuration * network.states(i) + state(i)?;
        (network.table(i, at)[entry] == 0.0).then_some((i, entry))
    };
    let entry = left.iter().find_map(|&k| zero(observations[k].0));
    Ok(Some(Contradiction { observations: left, entry }))
}
