use expect_test::{Expect, expect};
use rand::{RngCore as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;

use super::object;

/// A field of bytes.
fn held(number: u8, bytes: &[u8]) -> Vec<u8> {
    let length = u8::try_from(bytes.len()).expect("short");
    assert!(length < 0x80, "one byte of length");
    [&[number << 3 | 2, length], bytes].concat()
}

/// A field with a small number.
fn number(number: u8, value: u8) -> Vec<u8> {
    vec![number << 3, value]
}

fn sent(api_version: &str, kind: &str, raw: &[u8]) -> Vec<u8> {
    let about = [held(1, api_version.as_bytes()), held(2, kind.as_bytes())].concat();
    [
        b"k8s\0".to_vec(),
        held(1, &about),
        held(2, raw),
        held(3, b""),
        held(4, b""),
    ]
    .concat()
}

fn check(body: &[u8], expected: &Expect) {
    let told = match object(body) {
        Ok(object) => object.to_string(),
        Err(refusal) => format!("{} {}", refusal.code, refusal.message),
    };
    expected.assert_eq(&told);
}

fn secret() -> Vec<u8> {
    let labels = held(11, &[held(1, b"app"), held(2, b"web")].concat());
    let born = held(8, &[]);
    let metadata = [held(1, b"key"), held(2, b""), labels, born].concat();
    let entry = |name: &[u8], value: &[u8]| held(2, &[held(1, name), held(2, value)].concat());
    let raw = [
        held(1, &metadata),
        entry(b"a", b"\xff\0"),
        entry(b"b", b""),
        held(3, b"Opaque"),
        number(5, 1),
    ];
    sent("v1", "Secret", &raw.concat())
}

#[test]
fn a_body_is_read_as_its_json_would_be() {
    check(
        &secret(),
        &expect![[
            r#"{"kind":"Secret","apiVersion":"v1","metadata":{"name":"key","labels":{"app":"web"}},"data":{"a":"/wA=","b":""},"type":"Opaque","immutable":true}"#
        ]],
    );
    let port = [
        number(3, 80),
        held(4, &[number(1, 1), held(3, b"http")].concat()),
    ]
    .concat();
    let other = [
        number(3, 81),
        held(4, &[number(1, 0), number(2, 90)].concat()),
    ]
    .concat();
    let spec = [held(1, &port), held(1, &other), held(3, b"None")].concat();
    check(
        &sent("v1", "Service", &held(2, &spec)),
        &expect![[
            r#"{"kind":"Service","apiVersion":"v1","spec":{"ports":[{"port":80,"targetPort":"http"},{"port":81,"targetPort":90}],"clusterIP":"None"}}"#
        ]],
    );
    let amount = [held(1, b"cpu"), held(2, &held(1, b"1500m"))].concat();
    check(
        &sent("v1", "ResourceQuota", &held(2, &held(1, &amount))),
        &expect![[r#"{"kind":"ResourceQuota","apiVersion":"v1","spec":{"hard":{"cpu":"1500m"}}}"#]],
    );
    let renewed = [number(1, 90), vec![0x10, 0x80, 0xe5, 0x9a, 0x77]].concat();
    check(
        &sent(
            "coordination.k8s.io/v1",
            "Lease",
            &held(2, &held(4, &renewed)),
        ),
        &expect![[
            r#"{"kind":"Lease","apiVersion":"coordination.k8s.io/v1","spec":{"renewTime":"1970-01-01T00:01:30.250000Z"}}"#
        ]],
    );
    check(
        &sent(
            "apps/v1",
            "DeleteOptions",
            &[number(1, 0), held(5, b"All")].concat(),
        ),
        &expect![[
            r#"{"kind":"DeleteOptions","apiVersion":"apps/v1","gracePeriodSeconds":0,"dryRun":["All"]}"#
        ]],
    );
}

#[test]
fn what_is_not_known_is_refused_with_its_name() {
    check(
        b"{}",
        &expect!["400 Bad Request the protobuf is not understood: it does not begin with k8s"],
    );
    check(
        &sent("v2", "Secret", b""),
        &expect!["400 Bad Request the protobuf is not understood: v2 Secret is not known"],
    );
    check(
        &sent("v1", "Secret", &number(9, 1)),
        &expect!["400 Bad Request the protobuf is not understood: core.Secret has no field 9"],
    );
    check(
        &sent("v1", "Secret", &number(3, 1)),
        &expect![
            "400 Bad Request the protobuf is not understood: type of core.Secret: it is a number"
        ],
    );
    check(
        &secret()[..40],
        &expect!["400 Bad Request the protobuf is not understood: it is cut off"],
    );
}

/// Hostile bytes are an answer, never a panic: drawn ones, and good bodies with drawn ones in them.
#[test]
fn no_bytes_break_the_reader() {
    let mut draw = ChaCha8Rng::seed_from_u64(7);
    let kinds = [
        ("v1", "Pod"),
        ("apps/v1", "Deployment"),
        ("v1", "Secret"),
        ("v1", "Event"),
    ];
    let mut read = 0;
    for nth in 0..40_000_usize {
        let mut body = if nth % 2 == 0 {
            let (version, kind) = kinds[nth / 2 % kinds.len()];
            let mut raw = vec![0; draw.next_u32() as usize % 40];
            draw.fill_bytes(&mut raw);
            sent(version, kind, &raw)
        } else {
            secret()
        };
        for _ in 0..nth % 3 {
            let at = draw.next_u32() as usize % body.len();
            body[at] = draw.next_u32() as u8;
        }
        read += usize::from(object(&body).is_ok());
    }
    assert!(
        (1_000..39_000).contains(&read),
        "{read} of 40,000 were read"
    );
}
