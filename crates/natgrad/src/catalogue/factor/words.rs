//! Words that users of factor models meet in reports and messages, explained.

use super::FactorName;
use crate::catalogue::Message;

/// What a model is for, in one line.
pub fn about(model: FactorName) -> &'static str {
    match model {
        FactorName::Ppca => "Principal components as a probability model, one noise for all columns: --latent-dim H",
        FactorName::FactorAnalysis => {
            "A few normal factors behind many columns, a noise variance of its own for each: --latent-dim H"
        }
    }
}

/// Every word, explained.
pub fn words() -> &'static [Message] {
    &[
        Message {
            name: "latent-dim",
            text: "The number of factors behind the columns. It is below the number of columns. More factors always fit the \
                   rows better; held-out rows (natgrad score), BIC and the noise variances say when to stop.",
        },
        Message {
            name: "loadings",
            text: "How much each column moves when a factor moves by one standard deviation, in the column's own units. \
                   Factors can be turned together without changing anything that rows can show; results are given in the \
                   canonical position: the columns of loadings are orthogonal when measured in units of the noise, the \
                   factor with the highest ratio of signal to noise comes first, and its largest loading is positive.",
        },
        Message {
            name: "rotation",
            text: "Turning the factors changes the loadings and nothing else: H(H−1)/2 directions of the evidence's Gram \
                   matrix are zero, whatever the rows. They are counted as flat, the natural gradient passes over them by \
                   the pseudo-inverse, and standard errors are given for what does not turn: means, noise variances, and \
                   loadings in the canonical position.",
        },
        Message {
            name: "heywood",
            text: "The noise variance of a column goes to 0 while the fit improves: the factors explain it altogether. Often \
                   there are too many factors or too few rows, or a column follows from others. It is held at 1e-7 of the \
                   column's variance; there the likelihood is within rounding of its limit. A maximum on the boundary need \
                   not have slope zero in the noise itself, so that the entropy sum's condition (every noise can be scaled) \
                   is not met, and its certificate says so. If several noises go to 0 and take the likelihood beyond all \
                   bounds, the fit ends as diverged and names the columns.",
        },
    ]
}
