//! The part of a network that a question needs: nodes with all their ancestors. The others sum to 1 and drop out.

use super::Network;

impl Network {
    /// The network of some nodes and their ancestors, and which nodes these are (ascending); local models are shared.
    ///
    /// Its joint distribution is the marginal of the whole one: `Σ` over a node without children removes its factor.
    pub fn ancestral(&self, of: &[usize]) -> (Self, Vec<usize>) {
        let mut kept = vec![false; self.len()];
        let mut open = of.to_vec();
        while let Some(i) = open.pop() {
            if !std::mem::replace(&mut kept[i], true) {
                open.extend_from_slice(self.dag().parents(i));
            }
        }
        let nodes: Vec<usize> = (0..self.len()).filter(|&i| kept[i]).collect();
        let network = Network::assemble(
            nodes.iter().map(|&i| self.nodes()[i].clone()).collect(),
            self.dag().part(&nodes),
            nodes.iter().map(|&i| self.configurations(i)).collect(),
        );
        (network, nodes)
    }
}
