//! Filters drawn by seed, over everything that the grammar has.

use rand::Rng as _;
use rand::seq::IndexedRandom as _;
use rand_chacha::ChaCha8Rng;
use serde_json::{Map, Value, json};

use crate::wish::{Test, Wish, found};

/// A list of the API.
pub(crate) struct Collection {
    pub(crate) path: &'static str,
    /// Fields that the API's documents call filterable.
    pub(crate) filterable: &'static [&'static str],
    /// Fields of the rows that they do not.
    pub(crate) unfilterable: &'static [&'static str],
}

/// A whole header, and what must come of it.
#[derive(Debug)]
pub(crate) enum Drawn {
    /// Rows, by an order where one was asked for: field and descending.
    Rows(Wish, Option<(String, bool)>, Map<String, Value>),
    /// 400 about this field, with the recorded words.
    Unfilterable(String, Map<String, Value>),
    /// 400, because it is no filter at all.
    Broken(String),
}

/// What values the fields of a list have at the moment.
pub(crate) struct Source<'rows> {
    pub(crate) of: &'static Collection,
    pub(crate) rows: &'rows [Value],
}

impl Source<'_> {
    /// A header.
    pub(crate) fn draw(&self, dice: &mut ChaCha8Rng) -> Drawn {
        let wish = self.wish(dice, 3);
        let mut text = wish.json();
        match dice.random_range(0..100) {
            0..5 => {
                let json = Value::Object(text).to_string();
                Drawn::Broken(broken(dice, &json))
            }
            5..13 => {
                let field = (*self.of.unfilterable.choose(dice).expect("some")).to_owned();
                match dice.random_range(0..3) {
                    0 => text.insert("+order_by".to_owned(), json!(field)),
                    1 => text.insert(field.clone(), json!("x")),
                    _ => {
                        let nested = json!([{}, {"+and": [{field.clone(): {"+gt": 1}}]}]);
                        text.insert("+or".to_owned(), nested)
                    }
                };
                Drawn::Unfilterable(field, text)
            }
            13..45 => {
                let field = self.sortable(dice);
                let descending = dice.random_bool(0.5);
                text.insert("+order_by".to_owned(), json!(field));
                if descending || dice.random_bool(0.5) {
                    let order = if descending { "desc" } else { "asc" };
                    text.insert("+order".to_owned(), json!(order));
                }
                Drawn::Rows(wish, Some((field, descending)), text)
            }
            // Some clients send an order without saying of what: then it is that of the ids.
            45..55 if self.rows.iter().all(|row| row["id"].is_u64()) => {
                let descending = dice.random_bool(0.5);
                let order = if descending { "desc" } else { "asc" };
                text.insert("+order".to_owned(), json!(order));
                Drawn::Rows(wish, Some(("id".to_owned(), descending)), text)
            }
            _ => Drawn::Rows(wish, None, text),
        }
    }

    fn wish(&self, dice: &mut ChaCha8Rng, depth: u32) -> Wish {
        let kind = if depth == 0 {
            0
        } else {
            dice.random_range(0..4)
        };
        let parts = |dice: &mut ChaCha8Rng| {
            let count = dice.random_range(0..4);
            (0..count).map(|_| self.wish(dice, depth - 1)).collect()
        };
        match kind {
            1 => Wish::All(parts(dice)),
            2 => Wish::Any(parts(dice)),
            _ => {
                let count = dice.random_range(0..3.min(self.of.filterable.len() + 1));
                let fields = self.of.filterable.choose_multiple(dice, count);
                let fields: Vec<_> = fields.map(|field| (*field).to_owned()).collect();
                let tests = fields.into_iter().map(|field| {
                    let tests = self.tests(dice, &field);
                    (field, tests)
                });
                Wish::Fields(tests.collect())
            }
        }
    }

    fn tests(&self, dice: &mut ChaCha8Rng, field: &str) -> Vec<Test> {
        let value = self.value(dice, field);
        match dice.random_range(0..8) {
            0..3 => vec![Test::Is(value)],
            3 => vec![Test::Equals(value)],
            4 => vec![Test::Differs(value)],
            5 => match value.as_str() {
                Some(text) => vec![Test::Contains(part(dice, text))],
                None => vec![Test::Compares("+lte", value)],
            },
            6 => {
                let operators = ["+gt", "+gte", "+lt", "+lte"];
                let operator = operators.choose(dice).expect("some");
                vec![Test::Compares(operator, value)]
            }
            _ => {
                let other = self.value(dice, field);
                vec![
                    Test::Compares("+gte", value.clone()),
                    Test::Compares("+lt", other),
                    Test::Differs(value),
                ]
            }
        }
    }

    /// Mostly a value that some row has, else one near it or of another type.
    fn value(&self, dice: &mut ChaCha8Rng, field: &str) -> Value {
        let row = self.rows.choose(dice).expect("rows");
        let mut value = found(row, field).clone();
        if let Value::Array(several) = &value {
            value = several.choose(dice).cloned().unwrap_or(json!("none"));
        }
        match (dice.random_range(0..10), &value) {
            (0, _) => Value::Null,
            (1, _) => json!(true),
            (2, Value::Number(number)) => json!(number.as_f64().unwrap_or(0.0) + 0.5),
            (2, Value::String(text)) if field == "tags" => json!(text.to_uppercase()),
            (2, Value::String(text)) => json!(format!("{text}x")),
            (3, _) => json!(dice.random_range(0..100)),
            _ => value,
        }
    }

    fn sortable(&self, dice: &mut ChaCha8Rng) -> String {
        let single = |field: &&&str| !found(&self.rows[0], field).is_array();
        let fields: Vec<_> = self.of.filterable.iter().filter(single).collect();
        (**fields.choose(dice).expect("some")).to_owned()
    }
}

fn part(dice: &mut ChaCha8Rng, text: &str) -> String {
    let from = dice.random_range(0..=text.len() / 2);
    let to = dice.random_range(from..=text.len());
    let part = text.get(from..to).unwrap_or(text);
    if dice.random_bool(0.5) {
        part.to_uppercase()
    } else {
        part.to_owned()
    }
}

/// JSON that ends too early or is no object, or an operator that nobody knows.
fn broken(dice: &mut ChaCha8Rng, json: &str) -> String {
    match dice.random_range(0..5) {
        0 => format!("[{json}]"),
        3 => r#"{"label": {"+like": "x"}}"#.to_owned(),
        1 => r#"{"+nor": []}"#.to_owned(),
        2 => r#"{"+or": "label"}"#.to_owned(),
        _ => json[..json.len() - 1].to_owned(),
    }
}
