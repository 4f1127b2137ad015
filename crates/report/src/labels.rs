//! Fixed labels: one per line, Spanish then English.

use crate::models;
use crate::view::Language;

macro_rules! labels {
    ($($name:ident: $spanish:expr, $english:expr;)*) => {
        $(pub(crate) fn $name(language: Language) -> &'static str {
            language.pick($spanish, $english)
        })*
    };
}

labels! {
    // Document and header.
    html_language: "es", "en";
    kind_of_note: "Nota de tipo de cambio", "Exchange-rate note";
    observed_until: "Datos hasta el", "Observations up to";
    generated: "Generada", "Generated";
    run: "Ejecución", "Run";
    page: "Página", "Page";
    stale_mark: "datos atrasados", "stale data";
    attached: "El informe completo va adjunto en PDF.", "The full report is attached as a PDF.";
    of: "de", "of";
    stale_heading: "Datos desactualizados", "Out-of-date rates";
    cautions_heading: "Cautela con el último dato", "Caution about the last value";
    conditions_heading: "Estado de los datos", "State of the data";
    doubt_mark: "dato en duda", "doubtful data";

    // Section headings.
    outlook_heading: "Perspectiva", "Outlook";
    drivers_heading: "Qué cambió desde el informe anterior", "What changed since the last report";
    changes: "Cambios", "Changes";
    performance: "Desempeño", "Performance";
    market: "Mercado", "Market";
    contents_label: "Contenido", "Contents";
    issued_heading: "Pronósticos emitidos y resultado", "Forecasts issued and outcomes";
    track_record_heading: "Historial de pronósticos emitidos", "Track record of issued forecasts";
    drift_heading: "Deriva y régimen", "Drift and regime";
    skill_heading: "Ventaja en el tiempo", "Skill over time";
    weights_heading: "Pesos en el tiempo", "Weights over time";
    regressors_heading: "Series explicativas", "Regressors";
    volatility_heading: "Volatilidad", "Volatility";
    path_heading: "Trayectoria por fecha", "Path by date";
    levels_heading: "Niveles redondos", "Round levels";
    scoreboard_heading: "Desempeño fuera de muestra", "Out-of-sample performance";
    past_heading: "Pronósticos anteriores y resultado", "Past forecasts and outcomes";
    calibration_heading: "Calibración", "Calibration";
    technical_heading: "Panorama técnico", "Technical snapshot";
    models_heading: "Modelos por separado", "Individual models";
    methodology_heading: "Metodología", "Methodology";
    sources_heading: "Fuentes de datos", "Data sources";
    resources_heading: "Recursos utilizados", "Resources used";
    disclaimer_heading: "Aviso", "Disclaimer";

    // Small words.
    per: "por", "per";
    days: "días", "days";
    source: "Fuente", "Source";
    own_calculations: "cálculos propios", "own calculations";
    own_validation: "validación propia en orígenes móviles, fuera de muestra",
        "own rolling-origin validation, out of sample";
    yes_benchmark: "referencia", "benchmark";

    // Figures of the headline.
    median: "Mediana", "Median";
    median_at_end: "Mediana al final del plazo", "Median at the end of the horizon";
    median_at: "Mediana al", "Median on";
    interval80: "Intervalo 80\u{a0}%", "80% interval";
    interval95: "Intervalo 95\u{a0}%", "95% interval";
    rise_probability: "Probabilidad de alza", "Probability of a rise";
    against_last: "respecto de la última observación", "compared with the last observation";
    last_observation: "Última observación", "Last observation";

    // Table of the path.
    date: "Fecha", "Date";
    low: "bajo", "low";
    high: "alto", "high";
    low80: "80\u{a0}% bajo", "80% low";
    high80: "80\u{a0}% alto", "80% high";
    low95: "95\u{a0}% bajo", "95% low";
    high95: "95\u{a0}% alto", "95% high";
    change: "Cambio", "Change";
    probability_above: "Prob. de alza", "Prob. of a rise";

    // Round levels.
    price: "Precio", "Price";
    above_at_end: "Termina por encima", "Ends above";
    touched: "Se toca antes del final", "Touched before the end";

    // Scoreboard.
    model: "Modelo", "Model";
    weight: "Peso", "Weight";
    coverage80: "Cob. 80\u{a0}%", "Cov. 80%";
    coverage95: "Cob. 95\u{a0}%", "Cov. 95%";
    skill: "Skill", "Skill";
    ensemble: "Conjunto", "Ensemble";
    ensemble_without_chronos: "Conjunto sin Chronos", "Ensemble without Chronos";
    left_out: "Modelos sin pronóstico en esta ejecución", "Models without a forecast in this run";

    forecasts_scored: "Pronósticos", "Forecasts";

    // The market's quote.
    quote_heading: "Lo que aporta la cotización de mercado", "Contribution of the market's quote";
    total: "total", "total";
    quote: "cotización", "quote";
    models_word: "modelos", "models";
    first_day: "primer día", "first day";
    last_day: "último día", "last day";

    // Drift.
    drift_test: "Prueba", "Test";
    statistic: "Estadístico", "Statistic";
    p_value: "Valor p", "p-value";
    adjusted_p: "p ajustado", "Adjusted p";

    // Charts.
    observed: "Observado", "Observed";
    band80: "80\u{a0}%", "80%";
    band95: "95\u{a0}%", "95%";
    inside: "Dentro del 80\u{a0}%", "Inside 80%";
    outside: "Fuera del 80\u{a0}%", "Outside 80%";
    nominal_axis: "Nivel nominal", "Nominal level";
    observed_axis: "Frecuencia observada", "Observed frequency";
    perfect: "Calibración perfecta", "Perfect calibration";
    bollinger_bands: "Bandas de Bollinger", "Bollinger bands";
    average20: "Media de 20 días", "20-day average";
    share_unit: "Frecuencia de valores observados en o bajo el cuantil",
        "Share of observed values at or below the quantile";

    // Technical snapshot.
    indicator: "Indicador", "Indicator";
    value: "Valor", "Value";
    reading: "Lectura", "Reading";
    signal: "señal", "signal";
    volatility20: "Volatilidad actual, 20 días", "Volatility now, 20 days";
    volatility60: "Volatilidad 60 días", "Volatility, 60 days";

    // Methodology.
    validation_heading: "Validación", "Validation";
    pooling_heading: "Ponderación", "Weighting";
    spread_heading: "Calibración de la amplitud", "Calibration of the spread";
    models_used_heading: "Modelos", "Models";
    seconds_spent: "Tiempo", "Time";

    // Sources.
    series: "Serie", "Series";
    provider: "Proveedor", "Provider";
    age: "Antigüedad", "Age";
    age_unit: "días hábiles", "business days";
    age_with_unit: "Antigüedad (días hábiles)", "Age (business days)";
    observations: "Observaciones", "Observations";
    repaired: "Reparadas o rechazadas", "Repaired or rejected";
    not_used: "No utilizada", "Not used";
    no_data: "sin datos", "no data";

    // Resources.
    peak_memory: "Memoria máxima", "Peak memory";
    elapsed: "Duración", "Elapsed time";
    computed: "Pronósticos calculados", "Forecasts computed";
    cached: "Pronósticos reutilizados", "Forecasts reused";
    cores: "Núcleos", "Cores";
    version: "Versión", "Version";
}

/// Display name of a model; an unknown name is returned unchanged.
pub(crate) fn model_name(language: Language, name: &str) -> String {
    models::find(language, name).map_or(name, |words| words.name).to_owned()
}

/// Display name of a provider, by its name in the store; an unknown name is returned unchanged. A crossed series has
/// two providers, "a + b".
pub(crate) fn provider_name(language: Language, name: &str) -> String {
    let one = |name| match name {
        "embedded" => language.pick("serie incluida", "embedded snapshot"),
        "import" => language.pick("importación", "import"),
        "file" => language.pick("archivo", "file"),
        "mindicador" => "mindicador.cl",
        "bcch" => "Banco Central de Chile",
        "nbp" => "Narodowy Bank Polski",
        "ecb" => language.pick("Banco Central Europeo", "European Central Bank"),
        "fred" => "FRED",
        "sii" => "Servicio de Impuestos Internos",
        "frankfurter" => "Frankfurter",
        "bis" => language.pick("Banco de Pagos Internacionales", "Bank for International Settlements"),
        "yahoo" => "Yahoo Finance",
        "stooq" => "Stooq",
        other => other,
    };
    name.split(" + ").map(one).collect::<Vec<_>>().join(" + ")
}
