//! Sources of rates, one file each. The head of each file is the reference for its service: addresses, form of the
//! responses, dates, errors, quirks, and where each was seen. This is the only list of all of them: a new provider
//! needs its file, with its [`ProviderKind`], and a line in the list.

mod answer;
mod dollar_index;
mod quantity;
mod table;
#[cfg(test)]
pub(crate) mod tests;

pub(crate) use answer::browser_check;

use crate::provider::ProviderKind;

/// Declares the providers' files and builds [`ALL`] from their kinds. (`cargo fmt` does not see files that a macro
/// declares; `rustfmt` with the file's name does.)
macro_rules! providers {
    ($(mod $file:ident;)*) => {
        $(pub mod $file;)*

        /// All providers, in the order in which their names are listed.
        pub(crate) const ALL: &[ProviderKind] = &[$($file::KIND),*];
    };
}

providers! {
    mod mindicador;
    mod bcch;
    mod ecb;
    mod fred;
    mod sii;
    mod frankfurter;
    mod bis;
    mod nbp;
    mod yahoo;
    mod stooq;
    mod currency_api;
    mod file;
    mod embedded;
}

/// Returns the provider with a name; `None` when there is none.
pub(crate) fn of_name(name: &str) -> Option<&'static ProviderKind> {
    ALL.iter().find(|kind| kind.name == name)
}
