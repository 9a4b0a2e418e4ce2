//! From a file's text to a Spec, with every problem and its place.

use crate::excerpt::{BOM, Source};
use crate::fields;
use crate::literal::Reader;
use crate::split::{Statement, Trouble, statements};
use crate::texts::TofuText as T;
use crate::variables::{Variable, variable};
use domain::catalog::Catalog;
use domain::diagnostic::{Diagnostic, Field, Place};
use domain::spec::{Spec, prefix_from};
use hcl_edit::Span;
use hcl_edit::expr::Expression;
use hcl_edit::structure::{Attribute, Structure};
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

/// What a file said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Read {
    /// The Spec; fields that the file does not give, or gives wrongly, have their defaults.
    pub spec: Spec,
    /// Fields that the file gives, rightly or wrongly.
    pub given: BTreeSet<Field>,
    /// Every problem of the file itself, by place. What the rules say comes later: see `place`.
    pub diagnostics: Vec<Diagnostic>,
    pub(crate) spots: Vec<Spot>,
}

/// Where a field's value stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Spot {
    /// Which field.
    pub field: Field,
    /// Bytes of the value.
    pub value: Range<usize>,
    /// The value's first character.
    pub place: Place,
    /// The texts inside of the value, each with its place.
    pub inside: Vec<(String, Place)>,
}

/// Reads a file; `file_name` is what Diagnostics call it.
pub fn read(file_name: &str, text: &str) -> Read {
    let source = Source {
        file: file_name,
        text,
    };
    let mut reading = Reading {
        source,
        spec: Spec::for_user(""),
        given: BTreeMap::new(),
        spots: Vec::new(),
        kept: Vec::new(),
        out: Vec::new(),
    };
    for statement in statements(text) {
        reading.statement(&statement);
    }
    reading.finish()
}

impl Read {
    /// Whether the file gives a field, rightly or wrongly.
    pub fn gives(&self, field: Field) -> bool {
        self.given.contains(&field)
    }

    /// Fills what only the surroundings know: the prefix from the user's name, and the version from
    /// the deployment that exists, else from the catalog.
    pub fn complete(
        &mut self,
        user_name: &str,
        catalog: Option<&Catalog>,
        accepted: Option<&Spec>,
    ) {
        if !self.given.contains(&Field::Prefix) {
            self.spec.prefix = prefix_from(user_name);
        }
        if !self.given.contains(&Field::KubernetesVersion) {
            let usual = Spec::for_user("").kubernetes_version;
            let offered = |catalog: &Catalog| catalog.version_or_newest(&usual);
            let version = accepted
                .map(|spec| spec.kubernetes_version.clone())
                .or_else(|| catalog.and_then(offered));
            if let Some(version) = version {
                self.spec.kubernetes_version = version;
            }
        }
    }
}

/// The state of reading one file.
struct Reading<'a> {
    source: Source<'a>,
    spec: Spec,
    /// Each variable with the line of its first occurrence.
    given: BTreeMap<String, u32>,
    spots: Vec<Spot>,
    /// Places of the add-ons' variables.
    kept: Vec<Place>,
    out: Vec<Diagnostic>,
}

impl Reading<'_> {
    fn statement(&mut self, statement: &Statement) {
        let text = &self.source.text[statement.range.clone()];
        let skipped = if text.starts_with(BOM) {
            BOM.len_utf8()
        } else {
            0
        };
        let base = statement.range.start + skipped;
        match hcl_edit::parser::parse_body(&text[skipped..]) {
            Ok(body) => {
                for structure in &body {
                    match structure {
                        Structure::Attribute(attribute) => self.attribute(attribute, base),
                        Structure::Block(block) => {
                            let at = base + block.ident.span().unwrap_or(0..0).start;
                            let name = block.ident.as_str().to_owned();
                            self.syntax(at, T::Block { name }, T::BlockFix);
                        }
                    }
                }
            }
            Err(error) => {
                let at = base + error.location().offset();
                self.unreadable(statement.trouble, at, error.message());
            }
        }
    }

    /// A statement that the parser refuses at `at`, in the plainest words that fit.
    fn unreadable(&mut self, trouble: Option<Trouble>, at: usize, said: &str) {
        // The parser may point into the middle of a character.
        let at = self.source.text.floor_char_boundary(at);
        let quote = self.source.text[at..]
            .chars()
            .next()
            .filter(|c| "'`‘’“”".contains(*c));
        match (trouble, quote) {
            (Some(Trouble::Comment(at)), _) => {
                self.syntax(at, T::UnclosedComment, T::UnclosedCommentFix);
            }
            (Some(Trouble::Heredoc(at)), _) => {
                self.syntax(at, T::UnclosedHeredoc, T::OnlyLiteralsFix);
            }
            (_, Some(quote)) => {
                let quote = quote.to_string();
                self.syntax(at, T::OtherQuote { quote }, T::OtherQuoteFix);
            }
            (Some(Trouble::Quote(at)), None) => {
                self.syntax(at, T::UnclosedQuote, T::UnclosedQuoteFix);
            }
            (Some(Trouble::Bracket(at, bracket)), None) => {
                let bracket = bracket.to_string();
                self.syntax(at, T::UnclosedBracket { bracket }, T::UnclosedBracketFix);
            }
            (None, None) => {
                self.syntax(
                    at,
                    T::Syntax {
                        said: said.to_owned(),
                    },
                    T::SyntaxFix,
                );
            }
        }
    }

    fn syntax(&mut self, offset: usize, what: T, fix: T) {
        let mut wrong = Diagnostic::error(Field::Whole, what)
            .why(T::SyntaxWhy)
            .fix(fix);
        wrong.place = Some(self.source.place(offset));
        self.out.push(wrong);
    }

    fn attribute(&mut self, attribute: &Attribute, base: usize) {
        let name = attribute.key.as_str();
        let at = base + attribute.key.span().unwrap_or(0..0).start;
        let place = self.source.place(at);
        if let Some(line) = self.given.get(name) {
            let what = T::Twice {
                name: name.to_owned(),
                line: *line,
            };
            let twice = Diagnostic::error(field_of(name), what)
                .why(T::TwiceWhy)
                .fix(T::TwiceFix);
            self.out.push(Diagnostic {
                place: Some(place),
                ..twice
            });
            return;
        }
        self.given.insert(name.to_owned(), place.line);
        match variable(name) {
            Variable::Sets(field) => self.set(name, field, &attribute.value, base),
            Variable::AddOn => self.keep(name, &attribute.value, base, place),
            Variable::Secret => {
                let what = T::Secret {
                    name: name.to_owned(),
                };
                let secret = Diagnostic::warning(Field::Whole, what)
                    .why(T::SecretWhy)
                    .fix(T::SecretFix);
                self.out.push(Diagnostic {
                    place: Some(place),
                    ..secret
                });
            }
            Variable::Unknown(near) => {
                let what = T::Unknown {
                    name: name.to_owned(),
                };
                let unknown = Diagnostic::warning(Field::Whole, what).why(T::UnknownWhy);
                let unknown = match near {
                    Some(near) => unknown.fix(T::UnknownFix {
                        near: near.to_owned(),
                    }),
                    None => unknown,
                };
                self.out.push(Diagnostic {
                    place: Some(place),
                    ..unknown
                });
            }
        }
    }

    fn set(&mut self, name: &str, field: Field, value: &Expression, base: usize) {
        let source = self.source;
        let mut reader = Reader {
            source,
            base,
            name,
            field,
            out: &mut self.out,
        };
        let range = reader.range(value);
        let mut inside = Vec::new();
        texts_inside(&reader, value, &mut inside);
        let literal = reader.is_literal(value);
        // `null` is OpenTofu's word for "as if it were not there".
        if value.is_null() {
            return;
        }
        if literal {
            let before = (field == Field::UiAccess)
                .then(|| self.spec.ui_access.take())
                .flatten();
            fields::set(&mut reader, value, &mut self.spec);
            if let Some(before) = before {
                self.two_ui_lists(before, name, range.start);
            }
        }
        let place = self.source.place(range.start);
        self.spots.push(Spot {
            field,
            value: range,
            place,
            inside,
        });
    }

    /// The newer name of the UI list beside the older one: they must say the same.
    fn two_ui_lists(&mut self, first: Vec<ipnet::IpNet>, second_name: &str, at: usize) {
        let sorted = |list: &[ipnet::IpNet]| list.iter().copied().collect::<BTreeSet<_>>();
        let same = self
            .spec
            .ui_access
            .as_ref()
            .is_none_or(|list| sorted(list) == sorted(&first));
        if !same {
            let other = |name: &str| match name {
                "allowed_monitoring_ips" => "allowed_kubeflow_ui_ips",
                _ => "allowed_monitoring_ips",
            };
            let first_name = other(second_name).to_owned();
            let what = T::UiListsDiffer {
                first: first_name.clone(),
                second: second_name.to_owned(),
            };
            let mut differ = Diagnostic::error(Field::UiAccess, what)
                .why(T::UiListsDifferWhy)
                .fix(T::UiListsDifferFix { first: first_name });
            differ.place = Some(self.source.place(at));
            self.out.push(differ);
        }
        self.spec.ui_access = Some(first);
    }

    fn keep(&mut self, name: &str, value: &Expression, base: usize, place: Place) {
        let field = Field::Whole;
        let mut reader = Reader {
            source: self.source,
            base,
            name,
            field,
            out: &mut self.out,
        };
        if reader.is_literal(value) {
            let literal = reader.raw(value).replace("\r\n", "\n");
            self.spec.kept.push((name.to_owned(), literal));
            self.kept.push(place);
        }
    }

    fn finish(mut self) -> Read {
        let fields: BTreeSet<Field> = self.spots.iter().map(|spot| spot.field).collect();
        if !fields.contains(&Field::GpuCount) {
            self.spec.gpu_count = self.spec.gpu_min;
        }
        if let Some(first) = self.kept.first() {
            let names = self
                .spec
                .kept
                .iter()
                .map(|(name, _)| name.clone())
                .collect();
            let kept = Diagnostic::warning(Field::Whole, T::Kept { names }).why(T::KeptWhy);
            self.out.push(Diagnostic {
                place: Some(first.clone()),
                ..kept
            });
        }
        self.out
            .sort_by_key(|one| one.place.as_ref().map(|place| (place.line, place.column)));
        Read {
            spec: self.spec,
            given: fields,
            diagnostics: self.out,
            spots: self.spots,
        }
    }
}

fn field_of(name: &str) -> Field {
    crate::variables::field(name).unwrap_or(Field::Whole)
}

/// Every text inside of a value, with its place.
fn texts_inside(reader: &Reader<'_>, value: &Expression, out: &mut Vec<(String, Place)>) {
    if let Some(text) = value.as_str() {
        out.push((
            text.to_owned(),
            reader.source.place(reader.range(value).start),
        ));
    } else if let Some(list) = value.as_array() {
        list.iter().for_each(|one| texts_inside(reader, one, out));
    } else if let Some(object) = value.as_object() {
        object
            .iter()
            .for_each(|(_, one)| texts_inside(reader, one.expr(), out));
    }
}
