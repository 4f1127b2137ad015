//! Words of headers, missing values and notes, in Spanish and English. They are compared folded: lower case, without
//! accents, without marks at the ends. A list separates its words with `|`.

/// Names of the column of dates, the most certain first.
const DATES: [&str; 2] = [
    "date|fecha|datetime|date time|fecha hora|fecha y hora|observation date|time period|fecha observacion|\
     fecha de observacion|fecha dato|fecha valor|trade date|value date|index date|indexdatestring|\
     effective date|effectivedate|fechas|dates",
    "day|dia|dias|time|timestamp|periodo|period|tiempo|month|mes|ds",
];

/// Names of the column of values.
const VALUES: &str = "\
    value|valor|obs value|observed value|valor observado|price|precio|close|cierre|ultimo|last|closing price|\
    close price|precio de cierre|precio cierre|valor cierre|ultimo precio|last price|px last|close/last|rate|\
    tasa|exchange rate|fx rate|tipo de cambio|tc|tipo cambio|cotizacion|paridad|fixing|fix|mid|mid rate|\
    observado|dolar observado|trm|valores|values|y";

/// Names of columns that accompany a value and are not taken for it.
const COMPANIONS: &str = "\
    open|high|low|vol|volume|change|change %|chg|chg %|adj close|adjusted close|adj. close|apertura|maximo|\
    minimo|max|min|volumen|var|var %|% var|variacion|variacion %|% variacion|dividends|stock splits|tick|\
    tickvol|spread|hora|hour|ano|year|mes|month|dia|day|unit mult|decimals|volumen negociado|cierre ajustado|\
    cierre aj";

/// Marks of a missing value.
const MISSING: &str = "\
    .|..|...|-|--|---|–|—|n/a|na|n.a.|n.a|#n/a|#n/d|#na|#nd|nd|n.d.|n.d|n/d|n/e|null|(null)|\\n|nan|nat|<na>|\
    none|nil|s/i|s.i.|s/d|s.d.|s/n|sin dato|sin datos|sin informacion|no disponible|not available|no data|\
    missing|holiday|bank holiday|public holiday|feriado|festivo|dia feriado|inhabil|cerrado";

/// First words of a note below or above a table.
const NOTES: &str = "\
    fuente|fuentes|source|sources|nota|notas|note|notes|copyright|(c)|©|*|#|//|elaborado|elaboracion|consultado|\
    descargado|downloaded|generado|generated|actualizado|updated|ultima actualizacion|last updated|\
    fecha de consulta|fecha de descarga|disclaimer|aviso|unidad|unit|units|datos|data provided|series|serie";

/// First words of a row that sums up a column.
const TOTALS: &str = "\
    promedio|media|mediana|average|avg|mean|median|total|totales|suma|sum|minimo|maximo|minimum|maximum|min|max|\
    desviacion|desv|std|count|variacion";

/// Abbreviations and names of the months, from January on.
const MONTHS: [&str; 12] = [
    "jan|january|ene|enero",
    "feb|february|febrero",
    "mar|march|marzo",
    "apr|april|abr|abril",
    "may|mayo",
    "jun|june|junio",
    "jul|july|julio",
    "aug|august|ago|agosto",
    "sep|sept|set|september|septiembre|setiembre",
    "oct|october|octubre",
    "nov|november|noviembre",
    "dec|december|dic|diciembre",
];

/// Names and abbreviations of the days of the week.
const WEEKDAYS: &str = "\
    mon|monday|tue|tues|tuesday|wed|wednesday|thu|thur|thurs|thursday|fri|friday|sat|saturday|sun|sunday|lun|\
    lunes|martes|mie|miercoles|jue|jueves|vie|viernes|sab|sabado|dom|domingo";

/// Returns a text in lower case, without accents, with single spaces, and without marks at its ends.
pub(super) fn folded(text: &str) -> String {
    let spaced: String = text.chars().map(|c| if c == '_' || super::cells::is_space(c) { ' ' } else { c }).collect();
    let words: Vec<&str> = spaced.split(' ').filter(|word| !word.is_empty()).collect();
    let is_accent = |c: &char| ('\u{300}'..='\u{36f}').contains(c);
    words.join(" ").chars().filter(|c| !is_accent(c)).flat_map(char::to_lowercase).map(without_accent).collect()
}

/// Returns the name of a column as it is compared: folded, without the marks that lead or follow it.
pub(super) fn name(text: &str) -> String {
    let folded = folded(text);
    folded.trim_matches(|c: char| matches!(c, ' ' | ':' | '*' | '.' | '"' | '\'')).to_owned()
}

fn without_accent(character: char) -> char {
    match character {
        'á' | 'à' | 'â' | 'ä' | 'ã' => 'a',
        'é' | 'è' | 'ê' | 'ë' => 'e',
        'í' | 'ì' | 'î' | 'ï' => 'i',
        'ó' | 'ò' | 'ô' | 'ö' | 'õ' => 'o',
        'ú' | 'ù' | 'û' | 'ü' => 'u',
        'ñ' => 'n',
        'ç' => 'c',
        other => other,
    }
}

/// Returns the certainty that a column of this name holds the dates, 0 being the highest; `None` if it does not.
pub(super) fn date_rank(text: &str) -> Option<usize> {
    let name = name(text);
    DATES.iter().position(|names| holds(names, &name))
}

/// True for the name of a column of values.
pub(super) fn is_value(text: &str) -> bool {
    holds(VALUES, &name(text))
}

/// True for the name of a column that accompanies a value: opening price, volume, change, time of day.
pub(super) fn is_companion(text: &str) -> bool {
    holds(COMPANIONS, &name(text))
}

/// True for an empty text and for a mark of a missing value.
pub(super) fn is_missing(text: &str) -> bool {
    let folded = folded(text);
    folded.is_empty() || holds(MISSING, &folded)
}

/// True for the first cell of a note: a source, a remark.
pub(super) fn opens_a_note(text: &str) -> bool {
    opens_with(text, NOTES)
}

/// True for the first cell of a row that sums up a column: an average, a total.
pub(super) fn opens_a_total(text: &str) -> bool {
    opens_with(text, TOTALS)
}

fn opens_with(text: &str, openings: &str) -> bool {
    let folded = folded(text);
    let ends_there = |rest: &str| !rest.starts_with(|c: char| c.is_alphanumeric());
    let opens = |opening: &str| {
        let is_word = opening.ends_with(|c: char| c.is_alphanumeric());
        folded.strip_prefix(opening).is_some_and(|rest| !is_word || ends_there(rest))
    };
    openings.split('|').any(opens)
}

fn holds(words: &str, word: &str) -> bool {
    words.split('|').any(|each| each == word)
}

/// Returns the month of a name or an abbreviation, already folded.
pub(super) fn month(word: &str) -> Option<u32> {
    MONTHS.iter().position(|names| holds(names, word)).and_then(|index| u32::try_from(index + 1).ok())
}

/// True for the name or an abbreviation of a day of the week, already folded.
pub(super) fn is_weekday(word: &str) -> bool {
    holds(WEEKDAYS, word)
}

/// True if a name of a column is Spanish: in such a file a point may separate thousands.
pub(super) fn is_spanish(text: &str) -> bool {
    const SPANISH: &str = "fecha|dia|periodo|valor|precio|cierre|ultimo|tasa|tipo|cotizacion|dolar|observado|hora|mes|moneda|\
        paridad";
    name(text).split(' ').any(|word| holds(SPANISH, word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_compared_without_case_accents_and_marks() {
        for text in ["Fecha", " FECHA: ", "observation_date", "TIME_PERIOD", "Datetime", "\u{feff}date"] {
            assert_eq!(date_rank(text), Some(0), "{text}");
        }
        for text in ["Día", "Período", "time"] {
            assert_eq!(date_rank(text), Some(1), "{text}");
        }
        for text in ["Último", "Close*", "PRECIO", "Valor", "OBS_VALUE", "Tipo de Cambio"] {
            assert!(is_value(text), "{text}");
        }
        assert!(date_rank("updated").is_none() && !is_value("DEXCHUS"));
        for text in ["Vol.", "Change %", "% Var.", "Máximo", "Adj Close**"] {
            assert!(is_companion(text), "{text}");
        }
    }

    #[test]
    fn missing_values_notes_and_totals_are_known() {
        for text in ["", " ", ".", "N/A", "ND", "n.d.", "null", "NaN", "--", "s/i", "Sin información", "#N/A"] {
            assert!(is_missing(text), "{text}");
        }
        assert!(!is_missing("0") && !is_missing("abc"));
        assert!(opens_a_note("Fuente: Banco Central") && opens_a_note("(*) cifras") || opens_a_note("* cifras"));
        assert!(!opens_a_note("2024-01-02") && !opens_a_note("notable"));
        assert!(opens_a_total("Promedio mensual") && !opens_a_total("minería"));
    }

    #[test]
    fn months_are_known_in_both_languages() {
        for (word, number) in [("ene", 1), ("sept", 9), ("set", 9), ("august", 8), ("dic", 12)] {
            assert_eq!(month(word), Some(number));
        }
        assert_eq!(month("foo"), None);
        assert!(is_weekday("miercoles") && !is_weekday("marzo"));
    }
}
