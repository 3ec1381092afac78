//! The texts of the product in both languages. Vietnamese is the source; a test keeps English complete.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use engine::language::Language;
use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentError, FluentResource, FluentValue};
use rust_embed::RustEmbed;
use unic_langid::langid;

#[derive(RustEmbed)]
#[folder = "locales"]
#[include = "*/*.ftl"]
pub struct Locales;

struct Words {
    bundles: BTreeMap<Language, FluentBundle<FluentResource>>,
}

fn words() -> &'static Words {
    static WORDS: OnceLock<Words> = OnceLock::new();
    WORDS.get_or_init(|| Words {
        bundles: Language::ALL.into_iter().map(|language| (language, bundle(language))).collect(),
    })
}

fn bundle(language: Language) -> FluentBundle<FluentResource> {
    let id = match language {
        Language::Vi => langid!("vi"),
        Language::En => langid!("en"),
    };
    let mut bundle = FluentBundle::new_concurrent(vec![id]);
    // Direction marks around arguments would end up in workbooks and PDF.
    bundle.set_use_isolating(false);
    if let Err(error) = bundle.add_function("COUNT", |values, _| count(values)) {
        panic!("COUNT: {error:?}");
    }
    let folder = format!("{}/", language.code());
    let mut paths: Vec<_> = Locales::iter().filter(|path| path.starts_with(&folder)).collect();
    paths.sort();
    for path in paths {
        let Some(file) = Locales::get(&path) else { continue };
        let text = String::from_utf8_lossy(&file.data).into_owned();
        let resource = FluentResource::try_new(text).unwrap_or_else(|(_, errors)| panic!("{path}: {errors:?}"));
        if let Err(errors) = bundle.add_resource(resource) {
            panic!("{path}: {errors:?}");
        }
    }
    bundle
}

/// `{ COUNT($count, "gap", "gaps") }`: the number with its word, `1 gap` and `12 gaps`. Numbers arrive as formatted texts,
/// of which the language's own plural rules know nothing.
fn count<'a>(values: &[FluentValue<'a>]) -> FluentValue<'a> {
    let [FluentValue::String(number), FluentValue::String(one), FluentValue::String(many)] = values else {
        return FluentValue::Error;
    };
    format!("{number} {}", if number == "1" { one } else { many }).into()
}

/// The text of a key. A missing key shows as itself in brackets, so that it is seen and never taken for a text.
pub fn text(language: Language, key: &str) -> String {
    text_with(language, key, &[])
}

/// The text of a key with its arguments. Numbers must be formatted by the caller; they arrive as texts.
pub fn text_with(language: Language, key: &str, arguments: &[(&str, &str)]) -> String {
    let Some((text, errors)) = formatted(language, key, arguments) else { return format!("[{key}]") };
    debug_assert!(errors.is_empty(), "{key}: {errors:?}");
    text
}

/// The same where the key exists and asks for nothing that is not given.
pub fn text_if_complete(language: Language, key: &str, arguments: &[(&str, &str)]) -> Option<String> {
    formatted(language, key, arguments).filter(|(_, errors)| errors.is_empty()).map(|(text, _)| text)
}

fn formatted(language: Language, key: &str, arguments: &[(&str, &str)]) -> Option<(String, Vec<FluentError>)> {
    let bundle = words().bundles.get(&language)?;
    let pattern = bundle.get_message(key)?.value()?;
    let mut args = FluentArgs::new();
    for (name, value) in arguments {
        args.set(*name, FluentValue::from(value.to_string()));
    }
    let mut errors = Vec::new();
    let text = bundle.format_pattern(pattern, Some(&args), &mut errors).into_owned();
    Some((text, errors))
}

pub fn has(language: Language, key: &str) -> bool {
    words().bundles.get(&language).is_some_and(|bundle| bundle.has_message(key))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    fn keys(language: Language) -> BTreeSet<String> {
        let folder = format!("{}/", language.code());
        Locales::iter()
            .filter(|path| path.starts_with(&folder))
            .filter_map(|path| Locales::get(&path))
            .flat_map(|file| {
                String::from_utf8_lossy(&file.data)
                    .lines()
                    .filter(|line| line.starts_with(|c: char| c.is_ascii_lowercase()))
                    .filter_map(|line| line.split_once('=').map(|(key, _)| key.trim().to_string()))
                    .collect::<Vec<_>>()
            })
            .collect()
    }

    #[test]
    fn a_count_stands_with_its_word() {
        let said = |count| text_with(Language::En, "audit-shown", &[("count", count)]);
        assert_eq!(
            [said("1"), said("0"), said("1,204")].map(|text| text.replace("the latest ", "")),
            ["1 row", "0 rows", "1,204 rows"]
        );
    }

    #[test]
    fn both_languages_have_the_same_keys() {
        let (vi, en) = (keys(Language::Vi), keys(Language::En));
        let only_vi: Vec<_> = vi.difference(&en).collect();
        let only_en: Vec<_> = en.difference(&vi).collect();
        assert!(only_vi.is_empty() && only_en.is_empty(), "only vi: {only_vi:?}, only en: {only_en:?}");
        assert!(!vi.is_empty());
    }

    /// Every key that a template or the code names literally exists.
    #[test]
    fn every_key_that_is_used_exists() {
        let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
        let mut missing = BTreeSet::new();
        let mut folders = vec![root.join("templates"), root.join("src")];
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(&folder).into_iter().flatten().flatten() {
                let path = entry.path();
                if path.is_dir() {
                    folders.push(path);
                    continue;
                }
                let text = std::fs::read_to_string(&path).unwrap_or_default();
                for call in [".t(\"", ".t1(\"", ".t2(\"", ".t3(\"", "text(language, \"", "text_with(language, \""] {
                    for piece in text.split(call).skip(1) {
                        let key = piece.split('"').next().unwrap_or_default();
                        if !has(Language::Vi, key) {
                            missing.insert(format!("{}: {key}", path.display()));
                        }
                    }
                }
            }
        }
        assert!(missing.is_empty(), "{missing:#?}");
    }
}
