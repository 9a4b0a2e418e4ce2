//! Protobuf's wire format, as far as Kubernetes uses it: numbers, and bytes that say their length.

/// What a field holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Item<'a> {
    /// A varint; a negative number has all 64 bits.
    Number(i64),
    /// A text, a message, or bytes themselves.
    Bytes(&'a [u8]),
}

impl<'a> Item<'a> {
    pub(super) fn number(self) -> Result<i64, String> {
        match self {
            Self::Number(number) => Ok(number),
            Self::Bytes(_) => Err("it is no number".to_owned()),
        }
    }

    pub(super) fn bytes(self) -> Result<&'a [u8], String> {
        match self {
            Self::Bytes(bytes) => Ok(bytes),
            Self::Number(_) => Err("it is a number".to_owned()),
        }
    }
}

/// The fields of a message with their numbers, in the order in which they were written. Nothing
/// follows a failure.
pub(super) fn items(mut rest: &[u8]) -> impl Iterator<Item = Result<(u64, Item<'_>), String>> {
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let item = next(&mut rest);
        if item.is_err() {
            rest = &[];
        }
        Some(item)
    })
}

fn next<'a>(rest: &mut &'a [u8]) -> Result<(u64, Item<'a>), String> {
    let tag = varint(rest)?;
    let item = match tag & 7 {
        0 => Item::Number(varint(rest)?.cast_signed()),
        2 => {
            let length = varint(rest)?;
            let length = usize::try_from(length).map_err(|error| error.to_string())?;
            let (bytes, after) = rest.split_at_checked(length).ok_or("it is cut off")?;
            *rest = after;
            Item::Bytes(bytes)
        }
        other => return Err(format!("nothing is read of wire type {other}")),
    };
    Ok((tag >> 3, item))
}

fn varint(rest: &mut &[u8]) -> Result<u64, String> {
    let mut out = 0;
    for shift in (0..64).step_by(7) {
        let (byte, after) = rest.split_first().ok_or("it is cut off")?;
        *rest = after;
        out |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Ok(out);
        }
    }
    Err("a number does not end".to_owned())
}
