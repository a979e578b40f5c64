//! Findings in plain words.

use super::{Criterion, Finding, Remedy, Role};

fn list(names: &[String], last: &str) -> String {
    match names {
        [] => String::new(),
        [one] => one.clone(),
        [head @ .., end] => format!("{} {last} {end}", head.join(", ")),
    }
}

impl Finding {
    /// One sentence: whether the part meets the criterion, and what would help where it does not.
    pub fn sentence(&self) -> String {
        let what = match self.role {
            Role::Recognition => "can be scaled",
            _ => "can be tempered",
        };
        if self.holds {
            return format!("{} {what} by what is learnt (residual {:.0e})", self.part, self.residual);
        }
        let not =
            format!("{} cannot be {}", self.part, if self.role == Role::Recognition { "scaled" } else { "tempered" });
        let help = match &self.remedy {
            Remedy::NotNeeded => String::new(),
            Remedy::Learn { one_of } => format!("; it could if {} were learnt", list(one_of, "or")),
            Remedy::LearnTogether { all } => format!("; it could if {} were learnt together", list(all, "and")),
            Remedy::Nothing => {
                "; no parameter that it has would do: give it a common scale, as a bias on the logarithm \
                                of a variance or rate is"
                    .into()
            }
        };
        let rescue = match &self.base_measure {
            Some(_) => "; with what is fixed in the base measure, the ELBO is a sum of pseudo-entropies all the same",
            None => "",
        };
        format!("{not}: {:.2e} of the direction is out of reach{help}{rescue}", self.residual)
    }
}

impl Criterion {
    /// The answer in one sentence.
    pub fn sentence(&self) -> String {
        let offending: Vec<String> = self.parts.iter().filter(|p| !p.holds).map(|p| p.part.clone()).collect();
        if offending.is_empty() {
            let when = if self.condition.is_some() { ", under the condition below" } else { "" };
            return format!("{}: the ELBO is a sum of entropies at every stationary point{when}", self.model);
        }
        format!("{}: the ELBO need not be a sum of entropies, because of {}", self.model, list(&offending, "and"))
    }
}
