//! Names and descriptions of the models, in Spanish and English. One match arm per model, without a wildcard: a new
//! model does not compile until it has its texts.

use crate::view::Language;
use forecaster_domain::ModelId;

/// Names and description of a model in one language.
pub(crate) struct ModelWords {
    /// Display name.
    pub(crate) name: &'static str,
    /// Short display name.
    pub(crate) short: &'static str,
    /// Name within a sentence.
    pub(crate) in_sentence: &'static str,
    /// Description of the method, in a few sentences.
    pub(crate) method: &'static str,
}

/// Texts of the model called `name`; `None` for an unknown one, such as a model in the ledger of an older version.
pub(crate) fn find(language: Language, name: &str) -> Option<ModelWords> {
    name.parse().ok().map(|id| words(language, id))
}

fn words(language: Language, id: ModelId) -> ModelWords {
    match id {
        ModelId::RandomWalk => ModelWords {
            name: language.pick("Paseo aleatorio", "Random walk"),
            short: language.pick("Paseo", "Walk"),
            in_sentence: language.pick("el paseo aleatorio", "the random walk"),
            method: language.pick(
            "La referencia: la mejor estimación de mañana es el último valor. Retornos logarítmicos gaussianos sin \
             tendencia, con la volatilidad de las últimas 250 observaciones, que crece con la raíz del tiempo.",
            "The benchmark: the best guess for tomorrow is the last value. Gaussian log returns without drift, with \
             the volatility of the last 250 observations growing with the square root of time.",
            ),
        },
        ModelId::MarketWalk => ModelWords {
            name: language.pick("Paseo desde el mercado", "Market walk"),
            short: language.pick("Mercado", "Market"),
            in_sentence: language.pick("el paseo desde el mercado", "the market walk"),
            method: language.pick(
            "El paseo aleatorio de la referencia, pero desde la cotización de mercado: la mediana se mueve lo que la cotización \
             ha explicado del retorno siguiente en los últimos 500 días, y el ancho pierde la varianza así explicada. Sin \
             cotización es igual a la referencia.",
            "The benchmark's random walk, but started from the market's quote: the median moves by the part of the \
             next return that quotes have explained over the last 500 days, and the interval narrows by the \
             variance explained. Without a quote it equals the benchmark.",
            ),
        },
        ModelId::EwmaWalk => ModelWords {
            name: language.pick("Paseo EWMA", "EWMA walk"),
            short: language.pick("EWMA", "EWMA"),
            in_sentence: language.pick("el paseo EWMA", "the EWMA walk"),
            method: language.pick(
            "Paseo aleatorio desde la cotización de mercado con volatilidad de promedios exponenciales (decaimientos 0,97 y \
             0,99 al día), que vuelve con los pasos a la de 500 días. El ancho de cada paso se corrige por lo que de verdad \
             ocurrió en cada día de la ventana (predicción conforme).",
            "A random walk from the market's quote. Its volatility comes from exponential averages (daily decays of \
             0.97 and 0.99) and returns over the horizon to its 500-day level. The width of each step is corrected \
             by the actual outcomes of every day of the window (conformal prediction).",
            ),
        },
        ModelId::ArimaGarch => ModelWords {
            name: language.pick("ARIMA-GARCH", "ARIMA-GARCH"),
            short: language.pick("ARIMA", "ARIMA"),
            in_sentence: language.pick("ARIMA-GARCH", "ARIMA-GARCH"),
            method: language.pick(
            "Un ARMA sobre los retornos logarítmicos, de orden elegido por AICc y estimado por máxima verosimilitud \
             exacta, con varianza GARCH(1,1) y errores t de Student. Los cuantiles salen de sumas de retornos simulados.",
            "An ARMA on log returns, its order chosen by AICc and estimated by exact maximum likelihood, with GARCH(1,1) \
             variance and Student-t errors. Quantiles come from sums of simulated returns.",
            ),
        },
        ModelId::Var => ModelWords {
            name: language.pick("VAR", "VAR"),
            short: language.pick("VAR", "VAR"),
            in_sentence: language.pick("VAR", "VAR"),
            method: language.pick(
            "Autorregresión vectorial del par y sus series explicativas, con un rezago, sobre los últimos 1.000 \
             días; los coeficientes se reducen tanto más cuanto menos explican. Errores gaussianos: la covarianza \
             de los residuos recientes, que vuelve con los pasos a la de los últimos 500.",
            "A vector autoregression of the pair and its regressors with one lag, on the last 1,000 days; its \
             coefficients are shrunk the more, the less they explain. Gaussian errors: their covariance is that of \
             the recent residuals and returns over the horizon to that of the last 500.",
            ),
        },
        ModelId::RandomForest => ModelWords {
            name: language.pick("Bosque aleatorio", "Random forest"),
            short: language.pick("Bosque", "Forest"),
            in_sentence: language.pick("el bosque aleatorio", "the random forest"),
            method: language.pick(
            "Bosque de regresión cuantílica: muchos árboles sobre submuestras de la historia. Cada plazo se pronostica \
             directamente, con los retornos a ese plazo reunidos en las hojas, simétricos en torno a un centro sin \
             tendencia.",
            "A quantile regression forest: many trees on subsamples of history. Each step is forecast directly, \
             from the returns over that many days found in the leaves, symmetric about a centre without drift.",
            ),
        },
        ModelId::Chronos => ModelWords {
            name: language.pick("Chronos-Bolt", "Chronos-Bolt"),
            short: language.pick("Chronos", "Chronos"),
            in_sentence: language.pick("Chronos-Bolt", "Chronos-Bolt"),
            method: language.pick(
            "Chronos-Bolt (Ansari y otros, 2024), un transformer ya entrenado, que aquí no se vuelve a ajustar. Lee los \
             precios de los últimos días hábiles, entrega los nueve deciles y se ejecuta localmente con ONNX Runtime. Las \
             colas se extrapolan a partir de los deciles. El mínimo y el máximo esperados son los del trayecto, en \
             trayectorias simuladas con sus cuantiles.",
            "Chronos-Bolt (Ansari et al. 2024), a pre-trained transformer, used without further training. It reads \
             the prices of the last business days, returns the nine deciles, and runs locally through ONNX Runtime. \
             The tails are extrapolated from the deciles. The expected low and high are those reached before the \
             end, on paths sampled from its quantiles.",
            ),
        },
    }
}
