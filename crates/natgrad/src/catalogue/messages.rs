//! What a fit's end, a warning or an error means and what to do about it, for everything that a summary can say.

/// A message in plain words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Message {
    /// Its name, as `natgrad explain` takes it.
    pub name: &'static str,
    /// What it means, what has been written, what to do.
    pub text: &'static str,
}

/// Every status, warning and error, explained.
pub fn messages() -> &'static [Message] {
    &[
        Message {
            name: "converged",
            text: "The fit stopped by itself: the gain in ELBO that is estimated to remain is below --tolerance (nats per \
                   row). It says nothing about other maxima; the certificates maximum and restarts do.",
        },
        Message {
            name: "iteration-limit",
            text: "--max-iterations came first. Model, trace and certificates are written for the point that was \
                   reached; the certificate remaining says how much is left. Raise the limit, or go on from there with \
                   --start RUN/model.json (a network: RUN/network.json).",
        },
        Message {
            name: "interrupted",
            text: "Somebody stopped the fit (Ctrl-C, a signal). The last whole iteration is in the run folder; --resume \
                   RUN goes on from it, to the same bits as a fit that was never stopped.",
        },
        Message {
            name: "diverged",
            text: "There was no maximum along the path: a mixture's component closed in on too few rows, or noises of a factor \
                   model went to 0 together (columns that follow from one another), or an autoencoder's numbers left the \
                   doubles. The last good point is kept and written; the warning names what collapsed. Fit fewer components \
                   or factors, leave a column out, give another seed, a --covariance-floor or a smaller --learning-rate. \
                   An autoencoder ends with exit code 2, for its last point is no result; other fits end with 0, as do those \
                   that meet the iteration limit, and their certificates say what fails.",
        },
        Message {
            name: "collapsed",
            text: "A scale has shrunk to nothing, and the likelihood is unbounded: there is no estimate. In a mixture it is a \
                   component's (a variance, a gamma shape, a covariance matrix), on identical rows, a constant column or \
                   fewer rows than coordinates: use fewer components, a simpler --covariance, or a --covariance-floor (the \
                   certificate entropy-sum then subtracts the part that the floor explains). In a factor model it is the \
                   noise of columns that follow from one another: leave one of them out, or use fewer latent dimensions. In \
                   sparse coding it is the noise of all rows: take fewer elements. For latents of which rows tell nothing see \
                   `posterior-collapse`.",
        },
        Message {
            name: "empty-component",
            text: "A component's weight is 0: no row belongs to it, and the data say nothing about its parameters, which \
                   stay where they were. Fit fewer components or another start. (Rows of a network's tables: `never-reached`.)",
        },
        Message {
            name: "boundary",
            text: "An estimate lies on the edge of its domain, a probability or rate of exactly 0. That is where the \
                   maximum is for these rows, but a quadratic form does not describe the likelihood there: the parameter \
                   has no standard error, and its direction is left out of the certificate maximum.",
        },
        Message {
            name: "floored",
            text: "A variance rests on --covariance-floor. It is not a maximum of the likelihood itself; the entropy sum \
                   holds after the floor's known part, half the weighted sum of 1 - s2/floor, is subtracted.",
        },
        Message {
            name: "outside-support",
            text: "A cell cannot come from the family that its column was given: a negative count, a fraction in a \
                   Poisson column, a number other than 0 and 1 in a Bernoulli column. The message names row and column; \
                   give the column another family with --family COLUMN=FAMILY or mend the cell.",
        },
        Message {
            name: "parameter",
            text: "Parameters from a file (--start, a model.json) do not fit the model or lie outside their domain: wrong \
                   shape, weights that do not sum to 1, a covariance matrix that is not positive definite. The message \
                   names the parameter and its index.",
        },
        Message {
            name: "data",
            text: "The table cannot be used as it is: no rows, no columns, a column without a single value, statistics of \
                   different parameters. The message says where and what to do.",
        },
        Message {
            name: "nats",
            text: "The unit of information where logarithms are natural: 1 nat is 1.4427 bits. ELBO, evidence, entropies and \
                   certificates are in nats per row; a model that is 0.01 nats per row better makes 1000 rows exp(10) times as \
                   probable.",
        },
        Message {
            name: "elbo",
            text: "The evidence lower bound, nats per row: the mean over rows of E_q[ln p(x, z)] + H[q], where q is what is \
                   believed about a row's hidden variables. It is the log-evidence less the divergence of q from the true \
                   posterior: equal to it where recognition is exact, below it elsewhere.",
        },
        Message {
            name: "log-evidence",
            text: "The mean over rows of ln p(x), nats per row (with real columns a log-density, which may be above 0). `natgrad \
                   score` gives it for any rows; where recognition is not exact a summary has a bound on it or none.",
        },
        Message {
            name: "bic",
            text: "-2 N log-evidence + p ln N for N rows and p identified parameters (rotations and other directions that \
                   change nothing are not counted): lower is better. ICL adds 2 N H[q] where hidden variables are discrete, \
                   and so asks for components that are told apart. There is none where the ELBO is only a bound.",
        },
        Message {
            name: "icl",
            text: "BIC + 2 N H[q] for N rows, where hidden variables are discrete: BIC that asks as well for components that are told \
                   apart. Lower is better; see `bic`.",
        },
        Message {
            name: "certificate",
            text: "A statement about where a fit has ended, with the number that it rests on, its tolerance, and whether it \
                   holds, fails or does not apply: is it stationary, is it a maximum, how many nats are left, is the ELBO the \
                   entropy sum. `natgrad check RUN DATA` asks again, of these or other rows.",
        },
        Message {
            name: "held-out",
            text: "Rows that a fit does not see. `natgrad select` fits every size to the others and scores it on these, in nats \
                   per row, with a standard error over them; differences between sizes are taken row by row, so that what is \
                   hard in a row for every size cancels. Where there is a BIC it decides, and these rows are told beside it; where \
                   the ELBO is only a bound, the smallest size is recommended that is behind the best by no more than one \
                   standard error. Weights count: a row of weight 2 is two rows.",
        },
        Message {
            name: "weight",
            text: "--weights COLUMN says how many equal rows a row stands for: sums, means and standard errors are those of the \
                   longer table. Weights need not be whole, but scaling them all scales the number of rows, and with it every \
                   standard error.",
        },
        Message { name: "setting", text: "An option is out of range or contradicts another. Nothing was written." },
    ]
}
