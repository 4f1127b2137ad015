//! Serde support for settings that are held as parsed types: the pair, the zone, the models. A value that cannot be
//! parsed is rejected with its key, the value found and the value expected.

use chrono_tz::Tz;
use forecaster_domain::{ModelId, Pair};
use serde::de::{Error, Unexpected};
use serde::{Deserialize, Deserializer, Serializer};

/// Returns the model names allowed in `horizons.X.models`, for messages.
pub(crate) fn model_names() -> String {
    ModelId::listed().map(ModelId::as_str).collect::<Vec<_>>().join(", ")
}

/// `rates.pair`
pub(super) mod pair {
    use super::*;

    pub(in super::super) fn serialize<S: Serializer>(pair: &Pair, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(pair)
    }

    pub(in super::super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Pair, D::Error> {
        let text = String::deserialize(deserializer)?;
        let expected = &"two currency codes such as \"USD/CLP\"";
        text.parse().map_err(|_| Error::invalid_value(Unexpected::Str(&text), expected))
    }
}

/// `service.timezone`
pub(super) mod zone {
    use super::*;

    pub(in super::super) fn serialize<S: Serializer>(zone: &Tz, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(zone.name())
    }

    pub(in super::super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Tz, D::Error> {
        let text = String::deserialize(deserializer)?;
        let expected = &"a zone of the IANA database such as \"America/Santiago\"";
        text.parse().map_err(|_| Error::invalid_value(Unexpected::Str(&text), expected))
    }
}

/// `horizons.X.models`
pub(super) mod models {
    use super::*;

    pub(in super::super) fn serialize<S: Serializer>(models: &[ModelId], serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(models.iter().map(|id| id.as_str()))
    }

    pub(in super::super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<Vec<ModelId>>, D::Error> {
        let Some(names) = Option::<Vec<String>>::deserialize(deserializer)? else { return Ok(None) };
        let expected = format!("some of {}", model_names());
        let parse =
            |name: &String| name.parse().map_err(|_| Error::invalid_value(Unexpected::Str(name), &expected.as_str()));
        names.iter().map(parse).collect::<Result<_, _>>().map(Some)
    }
}
