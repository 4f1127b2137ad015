//! Tables of JSON documents, from docs/schema.

use super::cell;
use crate::desk::repository;
use serde_json::Value;
use std::collections::BTreeMap;
use std::fmt::Write;

/// A field: its path, type and description.
type Row = (String, String, String);

/// The section of one schema, with a table for the document and one for each of its definitions.
pub(super) fn section(name: &str) -> String {
    let path = repository().join(format!("docs/schema/{name}.schema.json"));
    let schema: Value = serde_json::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap();
    let text = |key: &str| schema[key].as_str().unwrap_or_default().to_owned();
    let mut page = format!("\n## {}\n\n{}\n\n", text("title"), text("description"));
    page += &table(&schema, name);
    for (definition, of) in schema["$defs"].as_object().into_iter().flatten() {
        write!(page, "\n### {name}: `{definition}`\n\n{}", table(of, name)).unwrap();
    }
    page
}

fn table(schema: &Value, name: &str) -> String {
    let mut rows = Vec::new();
    fields(schema, "", &mut rows, &mut BTreeMap::new());
    let mut table = "| field | type | meaning |\n| --- | --- | --- |\n".to_owned();
    for (path, kind, meaning) in rows {
        assert!(!meaning.is_empty(), "docs/schema/{name}.schema.json: {path} has no description");
        writeln!(table, "| `{path}` | {} | {} |", cell(&kind), cell(&meaning)).unwrap();
    }
    table
}

/// Rows of everything below `schema`. Objects whose fields have been listed under another path are not listed again:
/// `seen` maps fields to that path.
fn fields(schema: &Value, path: &str, rows: &mut Vec<Row>, seen: &mut BTreeMap<Vec<Row>, String>) {
    for (child, below) in children(schema) {
        let path = match (path, child.as_str()) {
            ("", _) => child.trim_start_matches('.').to_owned(),
            _ => format!("{path}{child}"),
        };
        let mut inner = Vec::new();
        fields(below, "", &mut inner, &mut BTreeMap::new());
        let meaning = below["description"].as_str().unwrap_or_default();
        let reference = below["$ref"].as_str().and_then(|it| it.rsplit('/').next());
        match (reference, seen.get(&inner)) {
            (Some(definition), _) => rows.push((path, "object".into(), format!("see `{definition}`"))),
            (None, Some(same)) if inner.len() > 3 => {
                rows.push((path, kind(below), format!("{meaning}; fields as in `{same}`")));
            }
            _ => {
                rows.push((path.clone(), kind(below), meaning.to_owned()));
                seen.insert(inner, path.clone());
                fields(below, &path, rows, seen);
            }
        }
    }
}

/// Parts of a schema with their paths: `.name` for fields, `.*` for fields of any name, `[]` for elements that have fields.
fn children(schema: &Value) -> Vec<(String, &Value)> {
    let mut children = Vec::new();
    let branches = ["oneOf", "anyOf"].iter().filter_map(|key| schema[*key].as_array()).flatten();
    for branch in std::iter::once(schema).chain(branches) {
        let properties = branch["properties"].as_object().into_iter().flatten();
        children.extend(properties.map(|(name, below)| (format!(".{name}"), below)));
        let any = &branch["additionalProperties"];
        children.extend(any.is_object().then(|| (".*".to_owned(), any)));
        let items = &branch["items"];
        children.extend(items["properties"].is_object().then(|| ("[]".to_owned(), items)));
    }
    children
}

/// The type of a value in words.
fn kind(schema: &Value) -> String {
    let quoted = |value: &Value| format!("`{}`", value.to_string().trim_matches('"'));
    if let Some(values) = schema["enum"].as_array() {
        return values.iter().map(quoted).collect::<Vec<_>>().join(", ");
    }
    if !schema["const"].is_null() {
        return quoted(&schema["const"]);
    }
    let format = schema["format"].as_str();
    let named = |kind: &Value| match (kind.as_str(), format) {
        (Some("string"), Some(format)) => format.to_owned(),
        (kind, _) => kind.unwrap_or_default().to_owned(),
    };
    match &schema["type"] {
        Value::Array(kinds) => kinds.iter().map(named).collect::<Vec<_>>().join(" or "),
        Value::Null => {
            let branches = ["oneOf", "anyOf"].iter().filter_map(|key| schema[*key].as_array()).flatten();
            branches.map(kind).collect::<Vec<_>>().join(" or ")
        }
        one => named(one),
    }
}
