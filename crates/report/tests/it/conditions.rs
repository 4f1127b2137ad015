//! Conditions of the series in reports, PDFs and mails: each in the reader's language, at the top.

use crate::synthetic;
use chrono::NaiveDate;
use forecaster_domain::Horizon;
use forecaster_report::Language::{English, Spanish};
use forecaster_report::*;

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

/// Returns the text of a document as read; dates and numbers are elements of their own.
fn read(html: &str) -> String {
    crate::email::visible(html).replace(" .", ".").replace(" ,", ",").replace(" :", ":")
}

/// Returns every kind of condition.
fn facts() -> Vec<SeriesFact> {
    let (from, to) = (day("2024-09-02"), day("2024-12-17"));
    vec![
        SeriesFact::UnconfirmedJump { date: to, before: 980.5, value: 1187.25, is_used: true },
        SeriesFact::UnconfirmedJump { date: to, before: 980.5, value: 98_050.0, is_used: false },
        SeriesFact::StandsStill { since: from, until: to, count: 85, value: 145.0 },
        SeriesFact::Constant { since: from, value: 3.6725 },
        SeriesFact::Sparse { frequency: Frequency::Weekly, from, to, is_now: true },
        SeriesFact::Sparse { frequency: Frequency::EveryDays(2), from, to, is_now: false },
        SeriesFact::Hole { from, to, days: 77, values_after: 6 },
        SeriesFact::Redenominated { date: to, factor: 1e-6, values_after: 40 },
        SeriesFact::OffScale { from, to, factor: 0.1 },
        SeriesFact::Break { date: to, before: 1453.2, value: 1.0 / 1453.2, is_reciprocal: true },
    ]
}

fn view(language: Language, facts: Vec<SeriesFact>) -> ReportView {
    let mut view = synthetic::view(language, Horizon::D7);
    let condition = |fact| Caution::Condition(SeriesCondition { series: "usdkrw".into(), fact });
    view.cautions = facts.into_iter().map(condition).collect();
    view
}

const SPANISH: [&str; 10] = [
    "USDKRW: el valor 1.187,25 del 17-dic-2024, después de 980,50, es un salto que nada confirma. Verifique el dato antes",
    "USDKRW: el valor 98.050 del 17-dic-2024, después de 980,50, es un salto que nada confirma. El pronóstico no lo usa",
    "USDKRW: la fuente está detenida: repite 145 en sus últimas 85 fechas, desde el 2-sep-2024.",
    "USDKRW: no varía: vale 3,6725 desde el 2-sep-2024.",
    "USDKRW: los datos son semanales desde el 2-sep-2024, y se esperan diarios.",
    "USDKRW: los datos son de cada 2 días hábiles del 2-sep-2024 al 17-dic-2024",
    "USDKRW: no hay datos en 77 días hábiles, del 2-sep-2024 al 17-dic-2024.",
    "USDKRW: cambió de unidad el 17-dic-2024: los valores anteriores van multiplicados por 0,000001.",
    "USDKRW: los valores del 2-sep-2024 al 17-dic-2024 son 0,1 veces los vecinos",
    "USDKRW: el 17-dic-2024 pasa de 1.453,20 a 0,000688, su recíproco, lo que ningún movimiento del mercado explica.",
];

const ENGLISH: [&str; 10] = [
    "USDKRW: the value 1,187.25 of 17 Dec 2024, after 980.50, is a jump that nothing confirms. Check it before you use",
    "USDKRW: the value 98,050 of 17 Dec 2024, after 980.50, is a jump that nothing confirms. The forecast does not use it",
    "USDKRW: the source stands still: 145 on each of its last 85 dates, since 2 Sep 2024.",
    "USDKRW: does not vary: 3.6725 since 2 Sep 2024.",
    "USDKRW: the values come weekly since 2 Sep 2024, where daily ones are expected.",
    "USDKRW: the values come every 2 business days from 2 Sep 2024 to 17 Dec 2024",
    "USDKRW: there are no values on 77 business days, from 2 Sep 2024 to 17 Dec 2024.",
    "USDKRW: the unit changed on 17 Dec 2024: earlier values are multiplied by 0.000001.",
    "USDKRW: the values from 2 Sep 2024 to 17 Dec 2024 are 0.1 times their neighbours",
    "USDKRW: on 17 Dec 2024 it goes from 1,453.20 to 0.000688, the reciprocal, which no market move explains.",
];

#[test]
fn every_condition_is_worded_in_the_language_of_the_report_and_the_mail() {
    for (language, sentences, others) in [(Spanish, SPANISH, ENGLISH), (English, ENGLISH, SPANISH)] {
        let view = view(language, facts());
        let mail = email(&view).unwrap();
        for text in [read(&html(&view)), read(&mail.html), mail.text.split_whitespace().collect::<Vec<_>>().join(" ")]
        {
            for (sentence, other) in sentences.iter().zip(others) {
                assert!(text.contains(sentence), "{sentence} is not in {text:.2000}");
                assert!(!text.contains(other), "{other}");
            }
        }
    }
}

#[test]
fn a_last_value_in_doubt_marks_the_subject_and_other_conditions_do_not() {
    let subject = |language, fact: &SeriesFact| email(&view(language, vec![fact.clone()])).unwrap().subject;
    for fact in facts() {
        let in_doubt = fact.holds_back();
        assert_eq!(subject(Spanish, &fact).starts_with("[dato en duda] USD/CLP"), in_doubt, "{fact:?}");
        assert_eq!(subject(English, &fact).starts_with("[doubtful data] USD/CLP"), in_doubt, "{fact:?}");
    }
}

#[test]
fn what_is_said_of_the_last_value_and_of_the_series_stands_in_two_boxes_before_the_headline() {
    let text = read(&html(&view(English, facts())));
    let place = |words: &str| text.find(words).unwrap_or_else(|| panic!("{words}"));
    let order = [
        "Caution about the last value",
        "the source stands still",
        "State of the data",
        "does not vary",
        "80% interval",
    ];
    assert!(order.windows(2).all(|pair| place(pair[0]) < place(pair[1])), "{order:?}");
    assert!(pdf(&view(Spanish, facts())).is_ok());
}
