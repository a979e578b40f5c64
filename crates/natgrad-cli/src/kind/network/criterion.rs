//! What the graph says before a network is learnt: can the variational gap bend the way?

use crate::command::geometry::{beyond_criterion, without_constants};
use crate::output::Output;
use natgrad::catalogue::bayes_net::NetworkModel;
use natgrad::graph::criterion;

/// The graph criterion in words, for the nodes that are never seen; where it does not apply, why.
pub fn explain(model: &NetworkModel, out: &Output) {
    let net = model.net();
    let network = net.network();
    let hidden: Vec<bool> = net.columns().iter().map(Option::is_none).collect();
    if !hidden.iter().any(|h| *h) {
        return;
    }
    let measure = "--angles measures what the variational gap does to learning";
    let meant = without_constants(network);
    if let Some(why) = beyond_criterion(network, &meant, &hidden) {
        return out.note(&format!("{why}; {measure}"));
    }
    let frozen = (0..hidden.len()).find(|&i| net.is_frozen(i)).map(|i| &network.nodes()[i].name);
    let tied = (!model.settings().tie.is_empty()).then(|| "tables are tied".to_string());
    if let Some(what) = frozen.map(|name| format!("{name} is frozen")).or(tied) {
        return out.note(&format!("the graph criterion is about free tables, and here {what}; {measure}"));
    }
    match criterion(&meant, &hidden) {
        Ok(()) => out.note(
            "the graph's model is cylindrical: the natural gradients of ELBO and evidence move what is seen alike",
        ),
        Err(obstacle) => out.note(&format!(
            "the variational gap can bend learning: {}; --angles measures by how much",
            obstacle.describe(&network.names())
        )),
    }
}
