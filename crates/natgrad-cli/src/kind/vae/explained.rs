//! Words that users of autoencoders meet in reports and messages, explained.

use natgrad::catalogue::Message;

/// Every word, explained.
pub fn words() -> &'static [Message] {
    &[
        Message {
            name: "posterior-collapse",
            text: "A latent of which rows tell nothing: what the encoder believes about it is its prior, whatever the row \
                   (the divergence between them is below 0.01 nats per row). The decoder does without it. It is named in \
                   summaries and by `natgrad select`. Take fewer latent dimensions; if all have collapsed, learn longer, or \
                   let the variance be learnt: a large fixed variance makes latents worthless.",
        },
        Message {
            name: "importance-bound",
            text: "ln of the mean of some draws' p(x, z)/q(z|x), in the mean over rows: a bound on the log-evidence that is above \
                   the ELBO in expectation, and nears the log-evidence as draws grow. Both are estimates: on few rows their \
                   chance may turn them round.",
        },
        Message {
            name: "short-climb",
            text: "What some natural steps from where an autoencoder is gain, on about 16 000 of the rows at most: one epoch of them, or as \
                   many as make forty steps, both ends compared row by row with the same draws. A gain of more than three \
                   standard errors says that learning has not ended. `check` gives it as the certificate remaining, whose slopes \
                   would have to be exact.",
        },
        Message {
            name: "units",
            text: "Columns of an autoencoder with real outputs are learnt as deviations from their means in units of their \
                   standard deviations, so that columns of any size learn alike. ELBO, entropies, scores, samples and the \
                   variances that are told are those of the data as they were given; `settings.units` in model.json keeps \
                   means and deviations.",
        },
    ]
}
