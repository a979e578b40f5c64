//! Networks whose nodes are written down as tables, sigmoids or softmaxes.

use super::local::{Local, LocalSpec};
use super::{Network, NodeSpec};
use crate::Error;
use crate::geometry::Point;
use std::sync::Arc;

/// A local model with its parameters.
type Built = (Arc<dyn Local>, Vec<f64>);

impl Network {
    /// Checks a network in which some nodes (`local`, by index) are no tables; the point is `None` where a node has
    /// neither table nor local model.
    ///
    /// # Errors
    /// As [`Network::new`]; [`Error::Data`] for a node with both a table and a local model, or one that does not fit.
    pub fn described(mut nodes: Vec<NodeSpec>, local: &[Option<LocalSpec>]) -> Result<(Self, Option<Point>), Error> {
        let at = |i: usize| local.get(i).and_then(Option::as_ref);
        for (i, node) in nodes.iter().enumerate() {
            if at(i).is_some() && node.table.is_some() {
                return Err(Error::Data {
                    problem: format!("node \"{}\" has a table and another local model", node.name),
                    hint: "keep one of them".into(),
                });
            }
        }
        let (structure, _) = Network::new(nodes.clone())?;
        let mut built: Vec<Option<Built>> = Vec::with_capacity(nodes.len());
        for i in 0..nodes.len() {
            let parents: Vec<usize> = structure.dag().parents(i).iter().map(|&p| structure.states(p)).collect();
            let states = structure.states(i);
            let made = at(i).map(|spec| spec.build(&nodes[i].name, states, &parents)).transpose()?;
            if let Some((local, xi)) = &made {
                let mut flat = vec![0.0; structure.configurations(i) * states];
                local.probabilities(xi, &mut flat);
                nodes[i].table = Some(flat.chunks(states).map(<[f64]>::to_vec).collect());
            }
            built.push(made);
        }
        let (tables, point) = Network::new(nodes)?;
        let network = tables.with_local(|i, _| built[i].as_ref().map(|(local, _)| local.clone()));
        let point = point.map(|point| {
            let of = |i: usize| match &built[i] {
                Some((_, xi)) => xi.clone(),
                None => point.0[tables.range(i)].to_vec(),
            };
            Point((0..tables.len()).flat_map(of).collect())
        });
        Ok((network, point))
    }

    /// Nodes whose local model cannot be every table (sigmoid and noisy-or nodes of several parents): statements about free
    /// tables, as the graph criterion is one, are not about them.
    ///
    /// Judged by the number of parameters, so a noisy-or node with one parent counts as free: it is within its domain.
    pub fn restricted(&self) -> Vec<usize> {
        let free = |i: usize| self.configurations(i) * self.states(i).saturating_sub(1);
        (0..self.len()).filter(|&i| self.nodes()[i].local.parameters() < free(i)).collect()
    }

    /// The local models at a point that are not tables, by node.
    pub fn local_specs(&self, at: &Point) -> Vec<Option<LocalSpec>> {
        (0..self.len())
            .map(|i| {
                let parents: Vec<usize> = self.dag().parents(i).iter().map(|&p| self.states(p)).collect();
                LocalSpec::of(&*self.nodes()[i].local, &at.0[self.range(i)], self.states(i), &parents)
            })
            .collect()
    }
}
