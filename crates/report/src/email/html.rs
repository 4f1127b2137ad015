//! The mail's HTML: nested tables and inline styles, since mail clients support little else; at most 640 pixels wide.
//!
//! In: a digest and the content-id of the fan chart. Out: a document that fetches nothing from outside.

use super::digest::Digest;
use crate::{
    charts::{self, Size},
    figure::Figure,
    labels,
};
use maud::{DOCTYPE, Markup, html};

const SANS: &str = "font-family:-apple-system,'Segoe UI',Roboto,Helvetica,Arial,sans-serif;";
const SERIF: &str = "font-family:Georgia,'Times New Roman',serif;";
const INK: &str = "color:#1d2733;";
const MUTED: &str = "color:#5d6874;";
const ACCENT: &str = "color:#0f4c75;";
const RULE: &str = "border-top:1px solid #d3d9df;";

/// Renders the document.
pub(super) fn html(digest: &Digest<'_>, fan: Option<&str>) -> String {
    let language = digest.page.language;
    html! {
        (DOCTYPE)
        html lang=(labels::html_language(language)) {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light";
                title { (digest.title) }
            }
            body style="margin:0;padding:0;background:#f2f4f6;" {
                div style="display:none;max-height:0;overflow:hidden;" { (digest.direction.as_deref().unwrap_or_default()) }
                (table("background:#f2f4f6;", html! {
                    tr { td align="center" style="padding:16px 8px;" {
                        (table("max-width:640px;background:#ffffff;border-top:4px solid #0f4c75;", content(digest, fan)))
                    } }
                }))
            }
        }
    }
    .into_string()
}

fn table(style: &str, rows: Markup) -> Markup {
    html! {
        table role="presentation" width="100%" cellpadding="0" cellspacing="0" border="0"
            style={ "width:100%;border-collapse:collapse;" (style) } { (rows) }
    }
}

/// Renders a row of the mail's single column.
fn row(style: &str, inner: Markup) -> Markup {
    html! { tr { td style={ "padding:0 20px;" (SANS) (INK) "font-size:15px;line-height:1.5;" (style) } { (inner) } } }
}

fn content(digest: &Digest<'_>, fan: Option<&str>) -> Markup {
    let language = digest.page.language;
    html! {
        (row("padding-top:18px;", html! {
            div style={ (ACCENT) "font-size:12px;font-weight:bold;letter-spacing:1px;text-transform:uppercase;" } { (labels::kind_of_note(language)) }
            h1 style={ (SERIF) "font-size:25px;line-height:1.2;margin:4px 0 6px;" } { (digest.title) }
            @for line in &digest.dateline { div style={ (MUTED) "font-size:13px;" } { (line) } }
        }))
        @for (heading, lines) in &digest.warnings { (warning(heading, lines)) }
        (row("padding-top:20px;", headline(digest)))
        (row("padding-top:12px;", figures(digest)))
        @if let Some(direction) = &digest.direction {
            (row("padding-top:16px;", html! { div style={ (SERIF) "font-size:18px;line-height:1.45;" } { (direction) } }))
        }
        @if let Some(cid) = fan {
            (row("padding-top:18px;", html! {
                img src={ "cid:" (cid) } width="600" alt=(alt(digest)) style="display:block;width:100%;max-width:600px;height:auto;border:0;";
                div style="padding-top:6px;font-size:14px;" { (digest.takeaway) }
            }))
        }
        @for line in [&digest.quote, &digest.drift].into_iter().flatten() { (row("padding-top:12px;", html! { (line) })) }
        (heading(labels::drivers_heading(language)))
        @for (i, paragraph) in digest.drivers.iter().enumerate() {
            (row(if i > 0 { "padding-top:8px;" } else { "" }, html! { (paragraph) }))
        }
        (heading(labels::models_used_heading(language)))
        (row("", columns(&digest.models.0, &digest.models.1, true)))
        (row("padding-top:10px;", html! { (digest.against_random_walk) }))
        @if !digest.levels.1.is_empty() {
            (heading(labels::levels_heading(language)))
            (row("", columns(&digest.levels.0, &digest.levels.1, false)))
        }
        (row("padding-top:24px;", html! { b { (digest.closing[0]) } }))
        (row("padding-top:8px;padding-bottom:22px;", html! {
            div style={ (MUTED) "font-size:12px;line-height:1.45;word-break:break-word;" } {
                (digest.closing[2]) br; (digest.closing[1])
            }
        }))
    }
}

fn heading(text: &str) -> Markup {
    row(
        "padding-top:24px;padding-bottom:6px;",
        html! {
            h2 style={ (SERIF) (RULE) "font-size:18px;line-height:1.25;margin:0;padding-top:12px;" } { (text) }
        },
    )
}

fn warning(heading: &str, lines: &[String]) -> Markup {
    row(
        "padding-top:16px;",
        table(
            "background:#fcf3f1;border:1px solid #b8432f;border-left:5px solid #b8432f;",
            html! {
                tr { td style={ "padding:10px 14px;" (SANS) (INK) "font-size:14px;line-height:1.45;word-break:break-word;" } {
                    b style="color:#b8432f;font-size:15px;" { (heading) }
                    @for line in lines { div style="padding-top:3px;" { (line) } }
                } }
            },
        ),
    )
}

fn headline(digest: &Digest<'_>) -> Markup {
    let (label, median) = &digest.median;
    html! {
        div style={ (MUTED) "font-size:13px;" } { (label) }
        div style="line-height:1.15;" {
            span style={ (ACCENT) "font-size:44px;font-weight:bold;letter-spacing:-1px;" } { (median) } " "
            span style={ (MUTED) "font-size:14px;white-space:nowrap;" } { (digest.page.unit()) }
        }
        @if let Some((against, last)) = &digest.change {
            div { b { (against) } }
            div style={ (MUTED) "font-size:13px;" } { (last) }
        }
    }
}

fn figures(digest: &Digest<'_>) -> Markup {
    table(
        "border-bottom:1px solid #d3d9df;",
        html! {
            @for (name, value) in &digest.figures {
                tr {
                    td style={ (RULE) (SANS) (MUTED) "padding:6px 0;font-size:14px;" } { (name) }
                    td align="right" style={ (RULE) (SANS) (INK) "padding:6px 0;font-size:15px;font-weight:bold;white-space:nowrap;" } { (value) }
                }
            }
        },
    )
}

/// Renders a table of figures: the first column flush left, the others flush right.
fn columns<const N: usize>(heads: &[String; N], rows: &[[String; N]], first_is_ensemble: bool) -> Markup {
    let side = |i: usize| if i == 0 { "left" } else { "right" };
    html! {
        table width="100%" cellpadding="0" cellspacing="0" border="0" style="width:100%;border-collapse:collapse;" {
            tr {
                @for (i, head) in heads.iter().enumerate() {
                    th align=(side(i)) scope="col" style={ (SANS) (MUTED) "padding:2px 0 4px 8px;font-size:12px;font-weight:normal;border-bottom:1px solid #1d2733;" @if i == 0 { "padding-left:0;" } } { (head) }
                }
            }
            @for (k, cells) in rows.iter().enumerate() {
                tr {
                    @for (i, cell) in cells.iter().enumerate() {
                        td align=(side(i)) style={ (SANS) (INK) "padding:5px 0 5px 8px;font-size:14px;border-bottom:1px solid #d3d9df;" @if i == 0 { "padding-left:0;word-break:break-word;" } @else { "white-space:nowrap;" } @if first_is_ensemble && k == 0 { "font-weight:bold;" } } { (cell) }
                    }
                }
            }
        }
    }
}

/// Alternative text of the fan chart: title and takeaway.
fn alt(digest: &Digest<'_>) -> String {
    let svg = Figure::Fan.svg(digest.page, Size::Mail).unwrap_or_default();
    format!("{}. {}", charts::title(&svg), digest.takeaway)
}
