//! Opinions of several sources on one value: which of them agree, and what follows for the value of the preferred one.

use crate::{
    listings::{is_official, is_stand_in, kind_of, tolerance},
    quality::SeriesKind,
};

/// A source's name and its value of a day.
pub(crate) type Opinion = (&'static str, f64);

/// Verdict of the other sources on the value of the preferred one.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Verdict {
    /// No other source has a value of the day.
    Alone,
    /// Another source agrees: for an official rate an official one, or a market quote if no official one differs.
    Confirmed,
    /// An official source differs, and most of the market quotes side with the value.
    Favoured,
    /// Another source has this value instead, and nothing decides between the two.
    Disputed(Opinion),
    /// Several others, one of them official, agree on this value instead.
    Outvoted(Opinion),
}

/// Returns the verdict of `others` on the value of `first` for the same day. `before` is the value of the day before,
/// if it is known; `usual` the relative difference that is usually tolerated.
///
/// A market quote that stands in for an official rate is too coarse to confirm it against an official source that
/// differs, unless it tells the two apart; then the majority decides.
pub(crate) fn verdict(series: &str, first: Opinion, before: Option<f64>, others: &[Opinion], usual: f64) -> Verdict {
    let agree = |(one, value): Opinion, (other, instead): Opinion| {
        // Sources may date the step of a policy rate a day apart.
        let is_before_step = kind_of(series) == SeriesKind::PolicyRate && before == Some(instead);
        is_before_step || (instead / value - 1.0).abs() <= tolerance(series, one, other, usual)
    };
    let (quotes, sources): (Vec<Opinion>, Vec<Opinion>) =
        others.iter().copied().partition(|(name, _)| is_stand_in(series, name));
    if sources.iter().any(|other| agree(first, *other)) {
        return Verdict::Confirmed;
    }
    let Some(&instead) = sources.first() else {
        return match quotes.first() {
            None => Verdict::Alone,
            Some(_) if quotes.iter().any(|quote| agree(first, *quote)) => Verdict::Confirmed,
            Some(quote) => Verdict::Disputed(*quote),
        };
    };
    // Quotes that tell the two apart vote; each source has a vote too.
    let quotes_for = |one: Opinion, other: Opinion| {
        quotes.iter().filter(|quote| agree(one, **quote) && !agree(other, **quote)).count()
    };
    let (votes_for, votes_against) = (1 + quotes_for(first, instead), sources.len() + quotes_for(instead, first));
    let is_shared = sources.iter().all(|source| agree(instead, *source));
    if is_official(series) && is_shared && (sources.len() > 1 || votes_against > votes_for) {
        Verdict::Outvoted(instead)
    } else if sources.len() == 1 && votes_for > votes_against {
        Verdict::Favoured
    } else {
        Verdict::Disputed(instead)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of_dollar(first: f64, others: &[Opinion]) -> Verdict {
        verdict("usdclp", ("mindicador", first), Some(100.0), others, 0.02)
    }

    #[test]
    fn another_source_that_agrees_confirms_whatever_the_others_have() {
        assert_eq!(of_dollar(100.4, &[]), Verdict::Alone);
        assert_eq!(of_dollar(100.4, &[("nbp", 101.0)]), Verdict::Confirmed);
        assert_eq!(of_dollar(100.4, &[("sii", 100.41)]), Verdict::Confirmed);
        assert_eq!(of_dollar(100.4, &[("sii", 104.0), ("frankfurter", 100.4)]), Verdict::Confirmed);
    }

    #[test]
    fn a_coarse_quote_does_not_outweigh_an_official_source() {
        // A stale number, and a quote that is near both.
        let stale = of_dollar(100.0, &[("sii", 100.5), ("nbp", 100.6)]);
        assert_eq!(stale, Verdict::Disputed(("sii", 100.5)));
        // A quote that is near one of them only decides.
        assert_eq!(of_dollar(100.4, &[("sii", 104.0), ("nbp", 100.6)]), Verdict::Favoured);
        assert_eq!(of_dollar(104.0, &[("sii", 100.4), ("nbp", 100.6)]), Verdict::Outvoted(("sii", 100.4)));
        let torn = [("sii", 100.4), ("nbp", 100.6), ("yahoo", 104.2)];
        assert_eq!(of_dollar(104.0, &torn), Verdict::Disputed(("sii", 100.4)));
        let majority = [torn.as_slice(), &[("currency-api", 100.5)]].concat();
        assert_eq!(of_dollar(104.0, &majority), Verdict::Outvoted(("sii", 100.4)));
    }

    #[test]
    fn two_official_sources_outvote_a_third_and_quotes_alone_nobody() {
        assert_eq!(of_dollar(100.0, &[("sii", 100.5), ("bcch", 100.5)]), Verdict::Outvoted(("sii", 100.5)));
        let three_numbers = of_dollar(100.0, &[("sii", 100.5), ("bcch", 101.5)]);
        assert_eq!(three_numbers, Verdict::Disputed(("sii", 100.5)));
        let quotes = of_dollar(104.0, &[("nbp", 100.6), ("yahoo", 100.7)]);
        assert_eq!(quotes, Verdict::Disputed(("nbp", 100.6)));
    }

    #[test]
    fn market_rates_of_different_hours_are_never_outvoted() {
        let rates = |others: &[Opinion]| verdict("usdmxn", ("ecb", 20.0), Some(20.0), others, 0.02);
        assert_eq!(rates(&[("fred", 20.6), ("frankfurter", 20.6)]), Verdict::Disputed(("fred", 20.6)));
        assert_eq!(rates(&[("fred", 20.6), ("nbp", 20.1)]), Verdict::Confirmed);
    }

    #[test]
    fn sources_may_date_the_step_of_a_policy_rate_a_day_apart() {
        let rate = |other| verdict("tpm", ("mindicador", 4.25), Some(4.5), &[("bcch", other)], 0.02);
        assert_eq!((rate(4.25), rate(4.5)), (Verdict::Confirmed, Verdict::Confirmed));
        assert_eq!(rate(4.0), Verdict::Disputed(("bcch", 4.0)));
    }
}
