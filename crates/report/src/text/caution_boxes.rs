//! Boxes of warnings about the rates: what is to be said of the last value, and of the series.

use super::sentences;
use crate::{
    labels,
    view::{Caution, ReportView},
};

/// Returns the boxes of warnings about the rates: heading and sentences. Those about the last value come first.
pub(crate) fn boxes(view: &ReportView) -> Vec<(&'static str, Vec<String>)> {
    let language = view.language;
    let (of_last, of_series): (Vec<&Caution>, Vec<&Caution>) =
        view.cautions.iter().partition(|caution| is_about_last_value(caution));
    let sentences = |cautions: Vec<&Caution>| -> Vec<String> {
        cautions.into_iter().map(|caution| sentences::caution(language, caution)).collect()
    };
    [
        (labels::cautions_heading(language), sentences(of_last)),
        (labels::conditions_heading(language), sentences(of_series)),
    ]
    .into_iter()
    .filter(|(_, lines)| !lines.is_empty())
    .collect()
}

fn is_about_last_value(caution: &Caution) -> bool {
    match caution {
        Caution::Condition(condition) => condition.fact.holds_back(),
        Caution::StandIn { .. } | Caution::Unconfirmed { .. } | Caution::NotStored => true,
    }
}

/// True when the last value may be wrong or is not news.
pub(crate) fn is_in_doubt(view: &ReportView) -> bool {
    view.cautions.iter().any(|caution| match caution {
        Caution::Condition(condition) => condition.fact.holds_back(),
        Caution::Unconfirmed { .. } => true,
        Caution::StandIn { .. } | Caution::NotStored => false,
    })
}
