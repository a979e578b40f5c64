//! Words that users of Bayesian networks meet in tables, reports and messages, explained.

use crate::catalogue::Message;

/// Every word, explained.
pub fn words() -> &'static [Message] {
    &[
        Message {
            name: "bayes-net",
            text: "A Bayesian network: a graph and, for each node, a table of its states given its parents' (or a softmax, \
                   sigmoid or noisy-or model). The graph comes from --network; all tables are learnt from rows in which any \
                   cell may be missing and whole nodes may never be seen. Hidden cells are summed out exactly.",
        },
        Message {
            name: "hidden",
            text: "A node that no row shows: it has no column, or --hidden names it. Its states have no names of their own \
                   in the data, so the same network with two of them swapped fits as well; after a random start they are put \
                   in an order. What a state means is read off the tables of its children. A cell that is missing in some \
                   rows does not make its node hidden.",
        },
        Message {
            name: "visible",
            text: "The share of the information about a node's table that the data hold, compared with the same rows without \
                   gaps and hidden nodes, if all other tables were known: the mean eigenvalue of the table's observed \
                   information relative to the complete one. 100 %: nothing is lost. 10 %: standard errors are about three \
                   times those of complete rows. `with-others-learnt` is the share that counts when all are learnt.",
        },
        Message {
            name: "with-others-learnt",
            text: "As `visible`, but with the other tables learnt from the same rows: the mean variance of the table's \
                   coordinates with complete rows over that with these. Much less than `visible` means that the table can be \
                   traded against others. 0 % means that some of it could be anything: its direction is flat, and the \
                   certificate maximum names the rows of tables that take part.",
        },
        Message {
            name: "cosine",
            text: "The cosine of the angle, in the Fisher metric of the evidence, between the natural gradient of the ELBO \
                   (the direction of EM) and that of the evidence, measured by --angles at every iteration. 1: both move the \
                   visible distribution alike, as on cylindrical models. Near 0: EM's steps go almost past the way up, and it \
                   crawls; --metric auto then takes the evidence's direction.",
        },
        Message {
            name: "cylindrical",
            text: "A model on which the natural gradient of the ELBO moves the visible distribution exactly as that of the \
                   evidence does. Of a network with free tables the graph tells it: it is cylindrical if some Markov-equivalent \
                   graph has no edge from a hidden to a visible node. With sigmoid or noisy-or nodes, or tied or frozen tables, \
                   only the point itself tells (`natgrad geometry`: the defect is 0).",
        },
        Message {
            name: "never-reached",
            text: "A row of a table whose configuration of parents occurs in no row of the data, not even with a small \
                   probability in the missing cells. The data say nothing about it: it stays where it started and has no \
                   standard error. --prior fills it with the uniform distribution instead; fewer parents avoid it.",
        },
        Message {
            name: "probability-zero",
            text: "A row of the data that the tables rule out. Tables keep their zeros while they are learnt, so that such a \
                   row has no gradient. The message names the row and the entry: raise that entry in the network file, mend \
                   the row, or begin with --start random, where no entry is 0.",
        },
        Message {
            name: "prior",
            text: "--prior COUNT adds so many pseudo-counts to each entry of every table that is learnt (a Dirichlet \
                   distribution with parameters COUNT + 1) and finds the maximum a posteriori. No entry becomes 0. The \
                   entropy sum then differs from the ELBO by a known part, which its certificate subtracts.",
        },
        Message {
            name: "treewidth",
            text: "Summing out hidden cells joins nodes into cliques; the size of the largest one, less one, is the width. \
                   The time and memory of exact inference grow with the number of joint states of the largest clique, not \
                   with the number of nodes. Where a row needs more than --memory, the fit refuses and names the nodes that \
                   are summed out together. The way on: make one of them visible, merge states, take \
                   edges away, raise --memory, or --recognition mean-field: a lower bound that takes entangled hidden nodes as \
                   independent.",
        },
    ]
}
