use super::*;
use chrono::NaiveDate;

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn said(fact: SeriesFact) -> String {
    SeriesCondition { series: "usdkrw".into(), fact }.to_string()
}

#[test]
fn a_condition_names_series_dates_values_and_remedy() {
    let date = day("2024-12-30");
    let jump = SeriesFact::UnconfirmedJump { date, before: 157.7863, value: 15757.373, is_used: false };
    assert!(jump.is_degrading() && jump.holds_back());
    let text = said(jump);
    assert!(text.starts_with("usdkrw: the value 15757.373 of 2024-12-30, after 157.7863,"), "{text}");
    assert!(text.contains("forecaster rates remove --series usdkrw --from 2024-12-30 --to 2024-12-30"), "{text}");
    let fact = SeriesFact::Break { date, before: 1473.0, value: 1.0 / 1473.0, is_reciprocal: true };
    assert!(said(fact).contains("from 1473 to 0.00067888663, the reciprocal"));
    let fact = SeriesFact::Redenominated { date, factor: 1e-6, values_after: 3 };
    assert!(fact.is_degrading() && !fact.holds_back());
    assert_eq!(said(fact), "usdkrw: redenominated on 2024-12-30: the values before it are multiplied by 0.000001");
}

#[test]
fn what_is_understood_does_not_degrade() {
    let (from, to) = (day("2024-01-02"), day("2024-02-02"));
    assert!(!SeriesFact::Constant { since: from, value: 3.6725 }.is_degrading());
    let hole = |values_after| SeriesFact::Hole { from, to, days: 24, values_after };
    assert!(hole(10).is_degrading() && !hole(100).is_degrading());
    let sparse = |is_now| SeriesFact::Sparse { frequency: Frequency::of_distance(5), from, to, is_now };
    assert!(sparse(true).is_degrading() && !sparse(false).is_degrading());
    assert!(said(sparse(false)).contains("weekly from 2024-01-02 to 2024-02-02"));
}
