//! What `--recognition` and `--cluster` ask of a belief net.

use crate::command::fit::{Arguments, Recognition as Asked};
use crate::failure::Failure;
use natgrad::model::sigmoid_belief_net::Recognition;

/// Units of a cluster unless told.
const JOINT: usize = 4;

/// How hidden units are to be found; none where an encoder does it.
pub fn asked(arguments: &Arguments) -> Result<Option<Recognition>, Failure> {
    told(arguments.recognition(), arguments.cluster)
}

/// What the two options say.
pub fn told(how: Asked, cluster: Option<usize>) -> Result<Option<Recognition>, Failure> {
    if cluster.is_some() && how != Asked::Structured {
        return Err(Failure::new(
            "--cluster goes with --recognition structured only",
            "add it, or leave the option out: other recognition has no clusters",
        ));
    }
    Ok(match how {
        Asked::Exact => Some(Recognition::Exact),
        Asked::MeanField => Some(Recognition::MeanField),
        Asked::Structured => Some(Recognition::Structured(cluster.unwrap_or(JOINT))),
        Asked::Encoder => None,
    })
}
