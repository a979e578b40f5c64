//! Words that users of belief nets and of sparse coding meet in reports and messages, explained.

use crate::catalogue::Message;

/// Every word, explained.
pub fn words() -> &'static [Message] {
    &[
        Message {
            name: "recognition",
            text: "What is believed about the hidden variables of a row. Exact recognition sums over all their states, and the \
                   ELBO is the log-evidence itself; where that is too much, beliefs of a simpler form are taken (mean-field, \
                   structured, encoder), and the ELBO is a lower bound of it.",
        },
        Message {
            name: "mean-field",
            text: "Beliefs in which the hidden units of a row are independent, each with a probability of its own, found by \
                   raising the row's ELBO unit by unit until nothing moves (or 300 times: what has not settled by then is a \
                   lower bound all the same). It takes nets of any size. The ELBO stays below the log-evidence by what hidden \
                   units say together, and by a quadratic bound on log-partitions, which is loose where weights are large. \
                   --recognition mean-field.",
        },
        Message {
            name: "structured",
            text: "Beliefs in which neighbouring hidden units are held in clusters: within a cluster every state has a \
                   probability of its own (2 to the power of the cluster's units), clusters are independent of one another. \
                   At the same weights no row's bound is below mean field's. One cluster of all units is not exact either: \
                   the bound on log-partitions stays. --recognition structured --cluster 4 (1 to 10 units).",
        },
        Message {
            name: "encoder",
            text: "A second net, from the rows up to the hidden units, that is learnt beside the model and proposes their \
                   states. With --draws 1 this is wake-sleep, with more it is reweighted wake-sleep, whose bound of the \
                   log-evidence rises with the draws. Rows need no search of their own, so that large data go through in \
                   minibatches. --recognition encoder.",
        },
        Message {
            name: "dictionary",
            text: "The elements of sparse coding: directions of length 1 in the space of the columns. A row, less the columns' \
                   means, is a sum of a few of them and noise. They are known up to their order and sign. With more elements \
                   than columns only the sparseness of the strengths tells them apart.",
        },
        Message {
            name: "strengths",
            text: "How much of each dictionary element is in a row. Their prior is Laplace's, with a scale for each element \
                   (the mean of its absolute strength); their beliefs are normal, with covariances (--covariance full) or \
                   without (diagonal). An element whose scale goes to 0 is not used; it rests at 1e-8 of the noise's deviation.",
        },
    ]
}
