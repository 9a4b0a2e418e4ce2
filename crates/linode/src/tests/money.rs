//! Prices, digit by digit.

use crate::catalog::prices;
use crate::money::{WirePrice, micro_usd};
use crate::wire::RegionPrice;
use domain::MicroUsd;

#[test]
fn decimal_text_becomes_micro_dollars_exactly() {
    for (text, micro) in [
        ("0.52", 520_000),
        ("350.0", 350_000_000),
        ("0.00015", 150),
        ("1.5e-4", 150),
        ("1e2", 100_000_000),
        ("0.0075", 7_500),
        ("0.0000004", 0),
        ("0.0000005", 1),
        ("1e-30", 0),
    ] {
        assert_eq!(micro_usd(text), Some(MicroUsd(micro)), "{text}");
    }
    for text in [
        "-1",
        "",
        ".",
        "1e99",
        "NaN",
        "0x1",
        "1.2.3",
        "99999999999999999999",
    ] {
        assert_eq!(micro_usd(text), None, "{text}");
    }
}

#[test]
fn a_json_number_keeps_its_digits() {
    let price: WirePrice = serde_json::from_str(r#"{"hourly": 0.00021, "monthly": 0.14}"#).unwrap();
    let price = price.known().unwrap();
    assert_eq!(
        (price.hour, price.month),
        (MicroUsd(210), MicroUsd(140_000))
    );
}

fn price(text: &str) -> WirePrice {
    serde_json::from_str(text).unwrap()
}

#[test]
fn zero_and_missing_are_unknown_and_never_free() {
    for text in [
        r#"{"hourly": 0.0, "monthly": 0.0}"#,
        r#"{"hourly": 0, "monthly": 350}"#,
        r#"{"hourly": 0.52}"#,
        r#"{"hourly": null, "monthly": 350.0}"#,
        "{}",
    ] {
        assert!(price(text).known().is_none(), "{text}");
    }
}

#[test]
fn a_region_of_unknown_price_does_not_take_the_common_one() {
    let common = price(r#"{"hourly": 0.52, "monthly": 350}"#);
    let own = r#"[{"id": "id-cgk", "hourly": 0.62, "monthly": 420}, {"id": "us-sea", "hourly": 0, "monthly": 0}]"#;
    let own: Vec<RegionPrice> = serde_json::from_str(own).unwrap();
    let regions = ["us-ord", "us-sea", "id-cgk", "fr-par"];
    let found = prices(Some(&common), &own, &regions);
    let lines: Vec<(&str, i64)> = found
        .1
        .iter()
        .map(|(id, price)| (id.as_str(), price.hour.0))
        .collect();
    assert!(found.0.is_none());
    assert_eq!(
        lines,
        [
            ("id-cgk", 620_000),
            ("us-ord", 520_000),
            ("fr-par", 520_000)
        ]
    );
}
