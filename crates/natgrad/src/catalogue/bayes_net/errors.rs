//! Standard errors of table entries by the delta method.
//!
//! ```text
//! dθ_cj = θ_cj (dξ_cj − Σ_l θ_cl dξ_cl),   Var[θ̂] ≈ J Cov[ξ̂] Jᵀ
//! ```

use super::NetworkModel;
use crate::diagnose::CovarianceBlock;
use crate::geometry::Point;
use serde_json::{Value, json};

/// A parameter whose sensitivity along a flat direction exceeds this share of its own scale is not identified.
const UNIDENTIFIED: f64 = 1e-6;

/// Standard errors in the shape of the network's JSON, model and robust; `null` where an entry is 0 or 1, frozen, never
/// reached, or not identified. Also answers how many are not identified.
pub fn standard_errors_of_tables(
    model: &NetworkModel,
    at: &Point,
    covariance: &[CovarianceBlock],
    unvisited: &[(usize, usize)],
) -> (Value, Value, usize) {
    let net = model.net();
    let free = covariance.iter().flat_map(|b| &b.index).max().map_or(0, |m| m + 1);
    let mut places: Vec<Option<(usize, usize)>> = vec![None; free];
    for (b, block) in covariance.iter().enumerate() {
        block.index.iter().enumerate().for_each(|(row, &i)| places[i] = Some((b, row)));
    }
    let mut missing = 0;
    let mut both = [Vec::new(), Vec::new()];
    for node in 0..net.network().len() {
        let (k, own) = (net.network().states(node), net.coordinates(node));
        let table = net.table(node, at);
        let is_table = net.network().nodes()[node].local.kind() == "table";
        let mut rows = [Vec::new(), Vec::new()];
        for (c, p) in table.chunks(k).enumerate().filter(|_| is_table) {
            let reached = !own.is_empty() && !unvisited.contains(&(node, c));
            let place: Vec<Option<(usize, usize)>> =
                (0..k).map(|j| reached.then(|| places[own.start + c * k + j]).flatten()).collect();
            let mut found = [Vec::new(), Vec::new()];
            for j in 0..k {
                let usable = p[j] > 0.0 && p[j] < 1.0 && place.iter().all(Option::is_some);
                let slope: Vec<f64> = (0..k).map(|l| p[j] * (f64::from(u8::from(l == j)) - p[l])).collect();
                let block = place[0].map(|(b, _)| &covariance[b]);
                let answer = block.filter(|_| usable).and_then(|block| {
                    let row = |l: usize| place[l].map_or(0, |(_, r)| r);
                    let scale: f64 = slope.iter().map(|s| s.abs()).sum();
                    let flat = (0..block.unidentified.ncols()).any(|f| {
                        let along: f64 = (0..k).map(|l| slope[l] * block.unidentified[(row(l), f)]).sum();
                        along.abs() > UNIDENTIFIED * scale
                    });
                    if flat {
                        missing += 1;
                        return None;
                    }
                    let deviation = |which: &crate::linalg::Matrix| {
                        let mut variance = 0.0;
                        for a in 0..k {
                            for b in 0..k {
                                variance += slope[a] * which[(row(a), row(b))] * slope[b];
                            }
                        }
                        variance.max(0.0).sqrt()
                    };
                    Some([deviation(&block.model), deviation(&block.robust)])
                });
                for (side, found) in found.iter_mut().enumerate() {
                    found.push(answer.map(|a| a[side]));
                }
            }
            rows.iter_mut().zip(found).for_each(|(rows, found)| rows.push(found));
        }
        let name = &net.network().nodes()[node].name;
        for (out, rows) in both.iter_mut().zip(rows) {
            out.push(json!({"name": name, "table": rows}));
        }
    }
    let [own, robust] = both;
    (json!({"nodes": own}), json!({"nodes": robust}), missing)
}
