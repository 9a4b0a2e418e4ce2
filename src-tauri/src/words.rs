//! The message catalogue for what the system draws itself: native dialogs and menus.
//!
//! Everything inside the window is written by the window, from the same file.

use domain::text::{Param, Text};
use std::collections::BTreeMap;
use std::sync::OnceLock;

fn catalogue() -> &'static BTreeMap<String, String> {
    static WORDS: OnceLock<BTreeMap<String, String>> = OnceLock::new();
    WORDS.get_or_init(|| {
        let all: BTreeMap<String, serde_json::Value> =
            serde_json::from_str(include_str!("../../ui/messages/en.json")).unwrap_or_default();
        let word = |(code, text): (String, serde_json::Value)| Some((code, text.as_str()?.into()));
        all.into_iter().filter_map(word).collect()
    })
}

/// A sentence in English; the code itself when the catalogue lacks it.
pub(crate) fn say(text: impl Into<Text>) -> String {
    let text = text.into();
    let line = catalogue()
        .get(&text.code)
        .cloned()
        .unwrap_or_else(|| text.code.clone());
    text.params.iter().fold(line, |line, (name, param)| {
        line.replace(&format!("{{{name}}}"), &show(param))
    })
}

/// What a native dialog of ours can speak of; others keep their figures.
fn show(param: &Param) -> String {
    match param {
        Param::Text(text) => text.chars().filter(|c| !c.is_control()).collect(),
        Param::Count(count) => count.to_string(),
        Param::Money(amount) => dollars(amount.0),
        Param::Rate(rate) => format!("{}/h", dollars(rate.0)),
        Param::Time(time) => time
            .to_zoned(jiff::tz::TimeZone::system())
            .strftime("%H:%M on %-d %B")
            .to_string(),
        Param::Duration(millis) => format!("{} min", millis / 60_000),
        Param::List(list) => list.join(", "),
        Param::Said(text) => say(Text::clone(text)),
    }
}

/// `$0.52`, rounded to the nearest cent.
fn dollars(micros: i64) -> String {
    let cents = (micros.unsigned_abs() + 5_000) / 10_000;
    let sign = if micros < 0 { "-" } else { "" };
    format!("{sign}${}.{:02}", cents / 100, cents % 100)
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::MicroUsd;

    #[test]
    fn what_others_wrote_cannot_steer_a_dialog() {
        assert_eq!(show(&Param::Text("a\u{1b}[31m\nb".to_owned())), "a[31mb");
    }

    #[test]
    fn money_is_rounded_to_cents() {
        let shown =
            [646_000, 4_999, 5_000, -1_500_000].map(|one| show(&Param::Rate(MicroUsd(one))));
        assert_eq!(shown, ["$0.65/h", "$0.00/h", "$0.01/h", "-$1.50/h"]);
    }

    #[test]
    fn an_unknown_code_is_shown_as_it_is() {
        let text = Text {
            code: "no_such_code".to_owned(),
            params: BTreeMap::new(),
        };
        assert_eq!(say(text), "no_such_code");
    }
}
