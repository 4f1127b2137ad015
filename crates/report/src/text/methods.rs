//! Descriptions of the models and of the pooling, Spanish beside English. Figures of the pool come from the view.

use crate::{
    models,
    text::{reasons, sentences},
    view::{
        Language::{self, English, Spanish},
        ModelView, ValidationView,
    },
};
use chrono::{Datelike, NaiveDate};

/// Returns a short description of a model by its configured name; a generic line for an unknown one.
pub(crate) fn description(language: Language, name: &str) -> &'static str {
    let generic = language.pick(
        "Modelo adicional de la configuración, validado y ponderado como los demás.",
        "An additional model of the configuration, validated and weighted like the others.",
    );
    models::find(language, name).map_or(generic, |words| words.method)
}

/// Returns the note that the weights of Chronos-Bolt were trained by this project.
pub(crate) fn trained_here(language: Language, checkpoint: &str, until: NaiveDate) -> String {
    let year = until.year();
    match language {
        Spanish => format!(
            "Sus pesos son los de {checkpoint}, un modelo pequeño de esta arquitectura que este proyecto entrenó con tipos de \
             cambio hasta {year}; no es uno de los modelos que publica Amazon."
        ),
        English => format!(
            "Its weights are those of {checkpoint}, a small model of this architecture that this project trained on \
             exchange rates up to {year}; it is not one of the models that Amazon publishes."
        ),
    }
}

/// Returns a model's details in words, name and value: its fitted choices, then what it had to do without.
pub(crate) fn details(language: Language, model: &ModelView) -> Vec<(String, String)> {
    let fitted = model.details.iter().filter(|(_, value)| !value.is_empty());
    let fitted = fitted.map(|(name, value)| (detail(language, name).to_owned(), detail_value(language, value)));
    let quote = model.quote_left_out.map(|reason| {
        let name = language.pick("cotización del mercado no utilizada", "market quote not used");
        (name.to_owned(), reasons::exclusion(language, reason))
    });
    let suspended = model.suspended_now.map(|cause| {
        let name = language.pick("suspendido después de esta ejecución", "suspended after this run");
        (name.to_owned(), reasons::suspension(language, cause).to_owned())
    });
    fitted.chain(quote).chain(suspended).collect()
}

/// Returns the name of a detail reported by a model; an unknown one is kept as the model wrote it.
fn detail(language: Language, name: &str) -> &str {
    let spanish = match name {
        "annual volatility long-run" => "volatilidad anual de GARCH, largo plazo",
        "annual volatility now" => "volatilidad anual de GARCH, próximo día",
        "checkpoint" => "modelo entrenado",
        "coefficient of the gap" => "coeficiente de la distancia",
        "context" => "días hábiles de contexto",
        "correction of the width at the end" => "corrección del ancho al final",
        "daily volatility" => "volatilidad diaria",
        "daily volatility, long-run" => "volatilidad diaria de largo plazo",
        "expected high" => "máximo esperado en el trayecto",
        "expected low" => "mínimo esperado en el trayecto",
        "features" => "variables",
        "gap of the spot quote" => "distancia de la cotización al dato oficial",
        "GARCH alpha" => "alfa GARCH",
        "GARCH beta" => "beta GARCH",
        "lags" => "rezagos",
        "lags (AIC)" => "rezagos (AIC)",
        "lags (BIC)" => "rezagos (BIC)",
        "left out" => "excluidas",
        "median moved towards the market" => "mediana acercada al mercado",
        "order" => "orden",
        "parameters" => "parámetros",
        "regressors" => "series explicativas",
        "returns limited" => "retornos limitados (fecha del último)",
        "sample paths" => "trayectorias simuladas",
        "smallest leaf" => "hoja mínima",
        "spot quote" => "cotización del mercado",
        "Student-t degrees of freedom" => "grados de libertad (t de Student)",
        "temperature" => "temperatura",
        "training rows" => "filas de entrenamiento",
        "trees" => "árboles",
        "variance of the first step known" => "varianza ya conocida del primer paso",
        "weights" => "pesos del modelo",
        "window" => "ventana (retornos)",
        "without a quote" => "sin cotización",
        other => other,
    };
    let english = match name {
        "window" => "window (returns)",
        "annual volatility long-run" => "annual GARCH volatility, long run",
        "annual volatility now" => "annual GARCH volatility, next day",
        "context" => "business days of context",
        "expected high" => "expected high on the way",
        "expected low" => "expected low on the way",
        "gap of the spot quote" => "gap between the quote and the official rate",
        "spot quote" => "market quote",
        other => other,
    };
    language.pick(spanish, english)
}

/// Returns the value of a detail: numbers, dates and names of features in the report's language, everything else
/// unchanged.
fn detail_value(language: Language, value: &str) -> String {
    let pieces: Vec<&str> = value.split(", ").collect();
    let number = |piece: &str| piece.trim_end_matches([' ', '%', 'M', 'k']).parse::<f64>().is_ok();
    let separator = if language == Spanish && pieces.iter().all(|p| number(p)) { "; " } else { ", " };
    let worded = pieces.into_iter().map(|piece| match piece {
        _ if number(piece) => language.pick(piece.replace('.', ","), piece.replace(" %", "%")),
        // Days of context: those that the model can read, and those configured.
        _ if piece.split(" of ").all(number) => piece.replace(" of ", language.pick(" de ", " of ")),
        _ if piece.len() == 10 && piece.parse::<NaiveDate>().is_ok() => {
            piece.parse().map_or_else(|_| piece.to_owned(), |date| language.date(date))
        }
        "returns 1-3" => language.pick("retornos 1-3", piece).to_owned(),
        "returns 5-63" => language.pick("retornos 5-63", piece).to_owned(),
        "volatility ratios" => language.pick("cocientes de volatilidad", piece).to_owned(),
        "the same as random_walk" => {
            language.pick("igual al paseo aleatorio", "the same as the random walk").to_owned()
        }
        "distance from mean" => language.pick("distancia a la media", piece).to_owned(),
        other => other.to_owned(),
    });
    worded.collect::<Vec<_>>().join(separator)
}

/// Returns the description of the validation; `span` is the first and last origin, already formatted, `steps` the
/// number of target dates.
pub(crate) fn validation(
    language: Language,
    view: &ValidationView,
    span: Option<(&str, &str)>,
    steps: usize,
) -> String {
    if view.origins == 0 {
        return sentences::no_validation(language).to_owned();
    }
    let origins = sentences::origins(language, view.origins);
    let (stride, lookback) = (language.count(view.stride), language.count(view.lookback));
    let between = span.map(|(first, last)| match language {
        Spanish => format!(" (entre el {first} y el {last})"),
        English => format!(" (from {first} to {last})"),
    });
    let between = between.unwrap_or_default();
    let mut text = match language {
        Spanish => format!(
            "Orígenes móviles: en {origins}{between}, uno cada {stride} días hábiles, cada modelo se estima de nuevo con un \
             máximo de {lookback} observaciones conocidas entonces y pronostica el mismo plazo que esta nota. Todos se \
             juzgan en los mismos orígenes."
        ),
        English => format!(
            "Rolling origins: at {origins}{between}, one every {stride} business days, each model is fitted again on at \
             most {lookback} observations known by then and forecasts the same horizon as this note. All are judged on \
             the same origins."
        ),
    };
    if view.stride < steps {
        text.push_str(language.pick(
            " Como los plazos se traslapan, los orígenes no son independientes entre sí.",
            " Since the horizons overlap, the origins are not independent of one another.",
        ));
    }
    text
}

/// Returns the description of the weighting.
pub(crate) fn pooling(language: Language, view: &ValidationView) -> String {
    if view.origins == 0 {
        let unfounded = language.pick(
            "El conjunto promedia los cuantiles de los modelos; sin validación, ningún puntaje respalda los pesos.",
            "The ensemble averages the quantiles of the models; without validation, no score backs the weights.",
        );
        return unfounded.to_owned();
    }
    let half_life = language.number(view.half_life, if view.half_life.fract() == 0.0 { 0 } else { 1 });
    let shrinkage = language.share(view.shrinkage, 0);
    let (floor, cap) = (language.share(view.weight_bounds.0, 0), language.share(view.weight_bounds.1, 0));
    match language {
        Spanish => format!(
            "El conjunto promedia los cuantiles de los modelos. La mayor parte del peso parte de los modelos simples, los paseos \
             desde el mercado, tanto más cuanto menos plazos independientes hay en la validación. Los demás ganan peso por su \
             WQL fuera de muestra, con más valor para los orígenes recientes (vida media: {half_life} orígenes). El {shrinkage} \
             se reparte sin mirar los resultados; cada peso queda entre {floor} y {cap}."
        ),
        English => format!(
            "The ensemble averages the quantiles of the models. Most of the weight initially goes to the simple \
             models, the walks started from the market's quote, and more of it the fewer independent horizons the \
             validation contains. The others earn weight by their out-of-sample WQL, with more value for recent \
             origins (half-life: {half_life} origins). {shrinkage} is shared out regardless of the results; each \
             weight lies between {floor} and {cap}."
        ),
    }
}

/// Returns the description of the calibration's effect on the spread.
pub(crate) fn spread(language: Language, view: &ValidationView) -> String {
    let (deciles, tails) = (language.number(view.spread_deciles, 2), language.number(view.spread_tails, 2));
    match language {
        Spanish => format!(
            "Los mismos orígenes fijan cuánto abrir o cerrar los cuantiles en torno a la mediana (escalamiento \
             conforme). En esta ejecución, la distancia a la mediana se multiplicó por {deciles} en los deciles y por \
             {tails} en el intervalo de 95\u{a0}%."
        ),
        English => format!(
            "The same origins set how far to open or close the quantiles about the median (conformal scaling). In this \
             run, distances to the median were multiplied by {deciles} for the deciles and by {tails} for the 95% \
             interval."
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weights_of_our_own_do_not_pass_for_amazons() {
        let until = NaiveDate::from_ymd_opt(2019, 12, 31).unwrap();
        let spanish = trained_here(Spanish, "own-bolt", until);
        assert!(
            spanish.contains("own-bolt")
                && spanish.contains("hasta 2019; no es uno de los modelos que publica Amazon")
        );
        let english = trained_here(English, "own-bolt", until);
        assert!(
            english.contains("own-bolt") && english.contains("up to 2019; it is not one of the models that Amazon")
        );
    }

    #[test]
    fn details_follow_the_language() {
        assert_eq!(detail_value(Spanish, "0.204, -0.046"), "0,204; -0,046");
        assert_eq!(detail_value(English, "0.204, -0.046"), "0.204, -0.046");
        assert_eq!(detail_value(Spanish, "10.3 %"), "10,3 %");
        assert_eq!(detail_value(English, "10.3 %"), "10.3%");
        assert_eq!(detail_value(Spanish, "47.7 M"), "47,7 M");
        assert_eq!(detail_value(Spanish, "-0.22 %"), "-0,22 %");
        assert_eq!(detail(Spanish, "gap of the spot quote"), "distancia de la cotización al dato oficial");
        assert_eq!(detail_value(Spanish, "ARIMA(0,1,2)"), "ARIMA(0,1,2)");
        assert_eq!(detail_value(Spanish, "volatility ratios, dxy"), "cocientes de volatilidad, dxy");
    }
}
