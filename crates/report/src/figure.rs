//! Every chart of the report with the sentence that sums it up: the one list that HTML, PDF and e-mail iterate over.

use crate::{
    charts::{self, PAST_SHOWN, Size},
    findings::{self, market, outlook, skill, weights},
    page::Page,
    technical::realised_volatility,
    text::{market as words, readings, sentences, takeaways},
    view::PastForecast,
};
use forecaster_domain::STANDSTILL;

/// A chart of the report.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Figure {
    Fan,
    Paths,
    Models,
    Past,
    Issued,
    Reliability,
    Weights,
    Skill,
    Price,
    Indicators,
    Regressors,
    Correlation,
    Volatility,
}

impl Figure {
    /// All charts, in the order of the report.
    #[allow(dead_code, reason = "for those who walk over all of them: tests here, PDF elsewhere")]
    pub(crate) const ALL: [Figure; 13] = [
        Figure::Fan,
        Figure::Paths,
        Figure::Models,
        Figure::Past,
        Figure::Issued,
        Figure::Skill,
        Figure::Reliability,
        Figure::Weights,
        Figure::Price,
        Figure::Indicators,
        Figure::Regressors,
        Figure::Correlation,
        Figure::Volatility,
    ];

    /// True for a chart that describes differences, of a pair that has none.
    fn says_nothing(self, page: &Page<'_>) -> bool {
        match self {
            Figure::Reliability | Figure::Weights | Figure::Skill | Figure::Volatility => page.is_constant(),
            Figure::Price | Figure::Indicators | Figure::Correlation => page.standstill(STANDSTILL).is_some(),
            _ => false,
        }
    }

    /// Draws the chart; `None` when the view has nothing to draw. The reliability diagram is narrow at every size.
    pub(crate) fn svg(self, page: &Page<'_>, size: Size) -> Option<String> {
        let view = page.view;
        match self {
            _ if self.says_nothing(page) => None,
            Figure::Fan => Some(charts::fan(view, size)),
            Figure::Paths => charts::paths(view, size),
            Figure::Models => Some(charts::models(view, size)),
            Figure::Past => charts::past(view, size),
            Figure::Issued => charts::issued(view, size),
            Figure::Reliability => charts::reliability(view),
            Figure::Weights => charts::weights(view, size),
            Figure::Skill => charts::skill(view, size),
            Figure::Price => charts::price(view, size),
            Figure::Indicators => charts::indicators(view, size),
            Figure::Regressors => charts::regressors(view, size),
            Figure::Correlation => charts::correlation(view, size),
            Figure::Volatility => charts::volatility(view, size),
        }
    }

    /// Sentence that sums up the chart, computed from the numbers; `None` when there is nothing to say.
    pub(crate) fn takeaway(self, page: &Page<'_>) -> Option<String> {
        let view = page.view;
        match self {
            _ if self.says_nothing(page) => None,
            Figure::Fan => outlook::end_interval(page).map(|reach| takeaways::end_interval_sentence(page, reach)),
            Figure::Paths => outlook::agreement(page).map(|facts| takeaways::agreement(page, &facts)),
            Figure::Models if page.is_constant() => Some(takeaways::no_width(page)),
            Figure::Models => outlook::widths(page).map(|facts| takeaways::widths(page, &facts)),
            Figure::Past => outcomes(page, &view.past),
            Figure::Issued => outcomes(page, &view.issued).map(|text| {
                let misses = outlook::misses(&view.issued);
                if misses == (0, 0) || page.is_constant() {
                    text
                } else {
                    format!("{text} {}", takeaways::misses(page, misses))
                }
            }),
            Figure::Reliability => calibration(page),
            Figure::Weights => weights::shift(view).map(|facts| takeaways::shift(page, &facts)),
            Figure::Skill => skill::trend(&view.losses).map(|facts| takeaways::trend(page, &facts)),
            Figure::Price => {
                market::price(page).map(|(value, bands, place, run)| words::price(page, value, bands, place, run))
            }
            Figure::Indicators if page.standstill(market::STILL).is_some() => {
                page.standstill(market::STILL).map(|still| words::still(page, still))
            }
            Figure::Indicators => market::momentum_reading(page).map(|pulse| words::pulse(page, &pulse)),
            Figure::Regressors => {
                market::movers(view).map(|(most, least, count)| words::movers(page, &most, &least, count))
            }
            Figure::Correlation => market::strongest(view)
                .map(|(name, value, notable, count)| words::strongest(page, &name, value, notable, count)),
            Figure::Volatility => {
                let realised = realised_volatility(&page.prices(), market::CURRENT_VOLATILITY);
                let facts = view.volatility.as_ref().and_then(market::volatility);
                facts.map(|facts| words::volatility(page, realised, &facts))
            }
        }
    }
}

fn outcomes(page: &Page<'_>, past: &[PastForecast]) -> Option<String> {
    let shown = past.len().min(PAST_SHOWN);
    let hits = findings::interval_hits(past);
    (!past.is_empty()).then(|| sentences::past_caption(page.language, hits, shown, past.len()))
}

/// Sentences on coverage, the width of the intervals, and the largest calibration gap.
fn calibration(page: &Page<'_>) -> Option<String> {
    let language = page.language;
    let scores = page.view.ensemble_scores.map(|view| view.scores);
    let coverage = scores.filter(|s| s.coverage80.is_finite() && s.coverage95.is_finite()).map(|s| {
        let shares = (language.share(s.coverage80, 1), language.share(s.coverage95, 1));
        let text = sentences::coverage(language, &shares.0, &shares.1);
        let width = findings::width(s.coverage80).map(|width| format!(" {}.", readings::width(language, width)));
        text + &width.unwrap_or_default()
    });
    let gap = findings::largest_gap(&page.view.reliability).map(|gap| sentences::calibration_caption(language, gap));
    let all: Vec<String> = coverage.into_iter().chain(gap).collect();
    (!all.is_empty()).then(|| all.join(" "))
}
