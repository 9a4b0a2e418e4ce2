//! The message catalogue on a terminal: the same file that the window reads.

use domain::MicroUsd;
use domain::text::{Param, Text};
use std::collections::BTreeMap;
use std::sync::OnceLock;

fn catalogue() -> &'static BTreeMap<String, String> {
    static WORDS: OnceLock<BTreeMap<String, String>> = OnceLock::new();
    WORDS.get_or_init(|| {
        let all: BTreeMap<String, serde_json::Value> =
            serde_json::from_str(include_str!("../../../ui/messages/en.json")).unwrap_or_default();
        let word = |(code, text): (String, serde_json::Value)| Some((code, text.as_str()?.into()));
        all.into_iter().filter_map(word).collect()
    })
}

/// A sentence in English; the code itself when the catalogue lacks it.
pub(crate) fn say(text: &Text) -> String {
    let mut line = catalogue()
        .get(&text.code)
        .cloned()
        .unwrap_or_else(|| text.code.clone());
    for (name, param) in &text.params {
        line = line.replace(&format!("{{{name}}}"), &printable(&show(param)));
    }
    line
}

/// A sentence without parameters, by its code.
pub(crate) fn word(code: &str) -> String {
    say(&Text {
        code: code.to_owned(),
        params: BTreeMap::new(),
    })
}

fn show(param: &Param) -> String {
    match param {
        Param::Text(text) => text.clone(),
        Param::Count(count) => count.to_string(),
        Param::Money(amount) => money(*amount),
        Param::Rate(rate) => format!("{}/h", money(*rate)),
        Param::Time(time) => time.strftime("%Y-%m-%d %H:%M:%S UTC").to_string(),
        Param::Duration(millis) => length(*millis),
        Param::List(list) => list.join(", "),
        Param::Said(text) => say(text),
    }
}

/// What others wrote must not move the cursor or colour the terminal.
fn printable(text: &str) -> String {
    text.chars()
        .map(|c| if c.is_control() { '\u{FFFD}' } else { c })
        .collect()
}

/// `$0.52`; three decimals below ten cents.
pub(crate) fn money(MicroUsd(micros): MicroUsd) -> String {
    let sign = if micros < 0 { "-" } else { "" };
    let micros = micros.unsigned_abs();
    if micros > 0 && micros < 100_000 {
        let mils = (micros + 500) / 1000;
        return format!("{sign}${}.{:03}", mils / 1000, mils % 1000);
    }
    let cents = (micros + 5000) / 10_000;
    let whole = (cents / 100).to_string();
    let mut grouped = String::new();
    for (at, digit) in whole.chars().enumerate() {
        if at > 0 && (whole.len() - at).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    format!("{sign}${grouped}.{:02}", cents % 100)
}

/// `950 ms`, `58 s`, `4 min 10 s`, `3 h 20 min`.
pub(crate) fn length(millis: i64) -> String {
    let seconds = millis / 1000;
    match seconds {
        _ if millis < 1000 => format!("{millis} ms"),
        0..60 => format!("{seconds} s"),
        60..3600 => format!("{} min {} s", seconds / 60, seconds % 60),
        _ => format!("{} h {} min", seconds / 3600, seconds % 3600 / 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn money_reads_as_on_an_invoice() {
        let all = [
            0,
            36_000,
            520_000,
            1_834_000_000,
            646_000,
            -1_500_000,
            99_999,
        ];
        let shown: Vec<String> = all.into_iter().map(|one| money(MicroUsd(one))).collect();
        assert_eq!(
            shown,
            [
                "$0.00",
                "$0.036",
                "$0.52",
                "$1,834.00",
                "$0.65",
                "-$1.50",
                "$0.100"
            ]
        );
    }

    #[test]
    fn lengths_keep_two_units() {
        let shown: Vec<String> = [12, 58_000, 250_000, 12_000_000].map(length).into();
        assert_eq!(shown, ["12 ms", "58 s", "4 min 10 s", "3 h 20 min"]);
    }

    #[test]
    fn what_others_wrote_cannot_steer_the_terminal() {
        assert_eq!(printable("a\u{1b}[31mb\u{7}"), "a\u{FFFD}[31mb\u{FFFD}");
    }
}
