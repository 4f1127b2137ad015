//! The sources of rates, a file each; the head of that file is the document of record of its service: addresses, form
//! of the answers, dates, errors, quirks and where each was seen. Here is the list of them, the one place that names
//! them all: a provider is added by its file, with its [`ProviderKind`] in it, and its line in the list.

mod answer;
mod dollar_index;
mod quantity;
mod table;
#[cfg(test)]
pub(crate) mod tests;

use crate::provider::ProviderKind;

/// Declares the files of the providers and makes [`ALL`] of what each says of itself. (`cargo fmt` does not see files
/// that a macro declares; `rustfmt` by name does.)
macro_rules! providers {
    ($(mod $file:ident;)*) => {
        $(pub(crate) mod $file;)*

        /// All providers, in the order in which their names are listed.
        pub(crate) const ALL: &[ProviderKind] = &[$($file::KIND),*];
    };
}

providers! {
    mod mindicador;
    mod bcch;
    mod ecb;
    mod fred;
    mod nbp;
    mod yahoo;
    mod stooq;
    mod currency_api;
    mod file;
    mod embedded;
}

/// The provider of a name; `None` when there is none.
pub(crate) fn of_name(name: &str) -> Option<&'static ProviderKind> {
    ALL.iter().find(|kind| kind.name == name)
}
