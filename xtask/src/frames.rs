//! What a virtual screen shows, looked at from outside: the X server draws into a file, an X window
//! dump whose header is 32-bit numbers with the highest byte first.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::Path;
use std::thread::sleep;
use std::time::{Duration, Instant};

/// Every this many pixels in both directions one is looked at: text is met, and a look is cheap.
const EVERY: usize = 2;
/// Looks are this far apart.
const LOOK_EVERY: Duration = Duration::from_millis(4);
/// A picture that has not changed for so long is the last one.
const REST: Duration = Duration::from_millis(1500);
/// Nothing takes longer to start.
const PATIENCE: Duration = Duration::from_secs(30);
/// This share of what a picture holds is all that a person waits for; the rest are a blinking
/// cursor, a clock.
const WHOLE: f64 = 0.98;

/// Pixels of one moment.
type Frame = Vec<u32>;

/// The screen's file.
pub(crate) struct Frames {
    file: File,
    start: u64,
    line_bytes: usize,
    lines: usize,
}

/// When a window came to show what it shows in the end, in milliseconds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Painted {
    /// The window itself.
    pub(crate) first: f64,
    /// Nearly all of the text and shapes of its last picture.
    pub(crate) whole: f64,
}

impl Frames {
    /// Opens the file of a screen.
    pub(crate) fn open(path: &Path) -> Result<Self, String> {
        let failed = |e| format!("read `{}`: {e}", path.display());
        let mut file = File::open(path).map_err(failed)?;
        let mut header = [0; 100];
        file.read_exact(&mut header).map_err(failed)?;
        let number = |nth: usize| {
            let bytes = header[nth * 4..nth * 4 + 4].try_into().unwrap_or_default();
            u32::from_be_bytes(bytes)
        };
        let (size, lines, bits, line_bytes, colours) =
            (number(0), number(5), number(11), number(12), number(19));
        if bits != 32 {
            return Err(format!("a pixel of the screen has {bits} bits, not 32"));
        }
        Ok(Self {
            file,
            start: u64::from(size) + u64::from(colours) * 12,
            line_bytes: line_bytes as usize,
            lines: lines as usize,
        })
    }

    fn look(&mut self) -> Result<Frame, String> {
        let failed = |e| format!("read the screen: {e}");
        let mut line = vec![0; self.line_bytes];
        let mut frame = Vec::with_capacity(self.lines * self.line_bytes / (4 * EVERY * EVERY));
        for nth in (0..self.lines).step_by(EVERY) {
            let at = self.start + (nth * self.line_bytes) as u64;
            self.file.seek(SeekFrom::Start(at)).map_err(failed)?;
            self.file.read_exact(&mut line).map_err(failed)?;
            let pixels = line.as_chunks::<4>().0.iter().step_by(EVERY);
            frame.extend(pixels.map(|pixel| u32::from_ne_bytes(*pixel)));
        }
        Ok(frame)
    }

    /// Watches from `begun` on, until the picture rests.
    pub(crate) fn watch(&mut self, begun: Instant, before: &Screenshot) -> Result<Painted, String> {
        let mut seen: Vec<(Duration, Frame)> = Vec::new();
        loop {
            let now = begun.elapsed();
            let frame = self.look()?;
            let last = seen.last().map_or(&before.0, |(_, frame)| frame);
            if *last != frame {
                seen.push((now, frame));
            }
            let changed = seen.last().map(|(at, _)| *at);
            if now > PATIENCE
                || changed.is_some_and(|at| now.saturating_sub(at) > REST && holds(&seen))
            {
                return painted(&seen).ok_or_else(|| "nothing was painted".to_owned());
            }
            sleep(LOOK_EVERY);
        }
    }

    /// What is on the screen now.
    pub(crate) fn shot(&mut self) -> Result<Screenshot, String> {
        self.look().map(Screenshot)
    }
}

/// The screen before something started.
pub(crate) struct Screenshot(Frame);

/// Whether the last picture holds more than plain areas.
fn holds(seen: &[(Duration, Frame)]) -> bool {
    seen.last()
        .is_some_and(|(_, frame)| !content(frame).is_empty())
}

/// Where a picture differs from the colours that fill it: text, lines, icons.
fn content(frame: &Frame) -> Vec<usize> {
    let mut counts: BTreeMap<u32, usize> = BTreeMap::new();
    for pixel in frame {
        *counts.entry(*pixel).or_default() += 1;
    }
    let fills = |pixel: &u32| counts[pixel] * 100 > frame.len();
    let pixels = frame.iter().enumerate();
    pixels
        .filter(|(_, pixel)| !fills(pixel))
        .map(|(at, _)| at)
        .collect()
}

/// The first moment, and the one from which on the picture holds nearly all of its last content.
fn painted(seen: &[(Duration, Frame)]) -> Option<Painted> {
    let (_, last) = seen.last()?;
    let content = content(last);
    if content.is_empty() {
        return None;
    }
    let is_whole = |frame: &Frame| {
        let there = content.iter().filter(|at| frame[**at] == last[**at]);
        there.count() as f64 >= content.len() as f64 * WHOLE
    };
    let whole = seen.iter().rev().take_while(|(_, frame)| is_whole(frame));
    let ms = |at: Duration| at.as_secs_f64() * 1000.0;
    Some(Painted {
        first: ms(seen.first()?.0),
        whole: ms(whole.last()?.0),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const GREY: u32 = 1;

    fn at(ms: u64, text: &[usize]) -> (Duration, Frame) {
        let mut frame = vec![GREY; 1000];
        for (nth, pixel) in text.iter().enumerate() {
            frame[*pixel] = 100 + nth as u32;
        }
        (Duration::from_millis(ms), frame)
    }

    #[test]
    fn a_picture_is_whole_when_its_text_is_there_and_stays() {
        let all: Vec<usize> = (0..100).collect();
        let seen = [
            at(10, &[]),
            at(20, &all),
            at(25, &all[..50]),
            at(30, &all[..99]),
            at(40, &all),
        ];
        let painted = painted(&seen);
        let wanted = Painted {
            first: 10.0,
            whole: 30.0,
        };
        assert_eq!(painted, Some(wanted));
    }

    #[test]
    fn a_plain_area_is_no_picture() {
        assert_eq!(painted(&[at(10, &[])]), None);
        assert!(!holds(&[at(10, &[])]));
        assert!(holds(&[at(10, &[7])]));
    }
}
