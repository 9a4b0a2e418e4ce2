//! The table of Kubernetes' messages: which field has which number, name and type. Its text is
//! written by the Go program in `tests/kube-real/fields` from Kubernetes' own types, and read when
//! it is first asked for.

use std::collections::BTreeMap;
use std::sync::LazyLock;

const TEXT: &str = include_str!("fields.txt");

/// What a value is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Type {
    Text,
    Number,
    Flag,
    /// In JSON as base64.
    Bytes,
    /// JSON already.
    Json,
    /// A message that is a list.
    Texts,
    Quantity,
    Time,
    MicroTime,
    NumberOrText,
    /// By its name.
    Message(&'static str),
}

/// How many values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    One,
    List,
    Map,
}

#[derive(Debug)]
pub(super) struct Field {
    pub name: &'static str,
    number: u64,
    pub shape: Shape,
    pub of: Type,
    /// JSON leaves it out when it is empty.
    pub leaves_empty: bool,
}

impl Field {
    /// Whether the fields of this message stand among its holder's.
    pub(super) fn is_spread(&self) -> bool {
        self.name == "."
    }
}

#[derive(Debug)]
pub(super) struct Message {
    pub name: &'static str,
    fields: Vec<Field>,
}

impl Message {
    pub(super) fn field(&self, number: u64) -> Option<&Field> {
        self.fields.iter().find(|field| field.number == number)
    }

    pub(super) fn fields(&self) -> &[Field] {
        &self.fields
    }
}

#[derive(Debug, Default)]
pub(super) struct Table {
    /// The message of an apiVersion and kind.
    kinds: BTreeMap<(&'static str, &'static str), &'static str>,
    messages: BTreeMap<&'static str, Message>,
}

impl Table {
    /// The message of a kind. Every version has its own name for how to delete.
    pub(super) fn of_kind(&self, api_version: &str, kind: &str) -> Option<&Message> {
        let version = if kind == "DeleteOptions" {
            "v1"
        } else {
            api_version
        };
        let name = self.kinds.get(&(version, kind))?;
        Some(self.message(name))
    }

    /// A field by its name, of the message itself or of one that is spread in it.
    pub(super) fn named<'a>(&'a self, message: &'a Message, name: &str) -> Option<&'a Field> {
        message.fields.iter().find_map(|field| match field.of {
            Type::Message(held) if field.is_spread() => self.named(self.message(held), name),
            Type::Message(_)
            | Type::Text
            | Type::Number
            | Type::Flag
            | Type::Bytes
            | Type::Json
            | Type::Texts
            | Type::Quantity
            | Type::Time
            | Type::MicroTime
            | Type::NumberOrText => (field.name == name).then_some(field),
        })
    }

    /// A message that the table names.
    pub(super) fn message(&self, name: &str) -> &Message {
        &self.messages[name]
    }
}

/// The table.
pub(super) fn table() -> &'static Table {
    static TABLE: LazyLock<Table> = LazyLock::new(read);
    &TABLE
}

fn read() -> Table {
    let mut table = Table::default();
    for line in TEXT.lines() {
        let mut words = line.split(' ');
        let first = words.next().unwrap_or_default();
        if first == "kind" {
            let mut word = || words.next().unwrap_or_default();
            table.kinds.insert((word(), word()), word());
        } else {
            let fields = words.filter_map(field).collect();
            let message = Message {
                name: first,
                fields,
            };
            table.messages.insert(first, message);
        }
    }
    table
}

fn field(word: &'static str) -> Option<Field> {
    let (name, rest) = word.split_once(':')?;
    let (number, of) = rest.split_once(':')?;
    let (of, leaves_empty) = of.strip_suffix('?').map_or((of, false), |of| (of, true));
    let (shape, of) = match (of.strip_prefix("[]"), of.strip_prefix("{}")) {
        (Some(of), _) => (Shape::List, of),
        (_, Some(of)) => (Shape::Map, of),
        (None, None) => (Shape::One, of),
    };
    let of = match of {
        "text" => Type::Text,
        "number" => Type::Number,
        "flag" => Type::Flag,
        "bytes" => Type::Bytes,
        "json" => Type::Json,
        "texts" => Type::Texts,
        "quantity" => Type::Quantity,
        "time" => Type::Time,
        "microtime" => Type::MicroTime,
        "number-or-text" => Type::NumberOrText,
        message => Type::Message(message),
    };
    Some(Field {
        name,
        number: number.parse().ok()?,
        shape,
        of,
        leaves_empty,
    })
}

#[cfg(test)]
mod tests {
    use super::{TEXT, Table, Type, table};

    /// How deep messages hold messages; what holds itself never ends.
    fn depth(table: &Table, name: &str, above: usize) -> usize {
        assert!(above < 20, "{name} holds itself");
        let held = table
            .message(name)
            .fields
            .iter()
            .filter_map(|one| match one.of {
                Type::Message(name) => Some(depth(table, name, above + 1)),
                Type::Text
                | Type::Number
                | Type::Flag
                | Type::Bytes
                | Type::Json
                | Type::Texts
                | Type::Quantity
                | Type::Time
                | Type::MicroTime
                | Type::NumberOrText => None,
            });
        1 + held.max().unwrap_or(0)
    }

    #[test]
    fn every_word_of_the_table_is_a_field_and_every_message_ends() {
        let table = table();
        let words = TEXT
            .split_whitespace()
            .filter(|word| word.contains(':'))
            .count();
        let fields: usize = table.messages.values().map(|one| one.fields.len()).sum();
        assert_eq!(words, fields);
        let deepest = table.kinds.values().map(|name| depth(table, name, 0)).max();
        assert!(deepest.is_some_and(|deepest| (5..20).contains(&deepest)));
    }
}
