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
        let not = match self.but_for_prior {
            true => "can be tempered by itself, but not so that it undoes the scaling of z for which the fixed prior N(0, I) asks".into(),
            false => what.replace("can be", "cannot be"),
        };
        let share = match 100.0 * self.residual {
            p if p >= 10.0 => format!("{p:.0} %"),
            p => format!("{p:.2} %"),
        };
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
        let zero = match self.direction.is_empty() && self.role == Role::Prior {
            true => "; held natural parameters do no harm where all are 0 (equal weights, log-odds of 0)",
            false => "",
        };
        let rescue = match &self.base_measure {
            Some(_) => "; with what is held in the base measure, the ELBO is a sum of pseudo-entropies all the same",
            None => "",
        };
        format!("{} {not}: {share} of the direction is out of reach{help}{zero}{rescue}", self.part)
    }
}

impl Criterion {
    /// The answer in one sentence.
    pub fn sentence(&self) -> String {
        let named = |p: &Finding| match p.but_for_prior {
            true => format!("fixed prior, which the {} cannot make good", p.part),
            false => p.part.clone(),
        };
        let offending: Vec<String> = self.parts.iter().filter(|p| !p.holds).map(named).collect();
        match (&offending[..], &self.condition) {
            ([], None) => format!("{}: the ELBO is a sum of entropies at every stationary point", self.model),
            ([], Some(condition)) => {
                format!("{}: the ELBO is a sum of entropies at every stationary point; {condition}", self.model)
            }
            (parts, _) => {
                format!(
                    "{}: the ELBO need not be a sum of entropies, because of the {}",
                    self.model,
                    list(parts, "and the")
                )
            }
        }
    }
}
