//! The difference between two texts, line by line, for a person: with its surroundings, and with
//! every secret masked.

use domain::view::{DiffLine, LineChange};
use engine::kubectl::masked;

/// Lines around a change that are shown.
const AROUND: usize = 2;
/// Beyond this many pairs of lines the changed part is shown as a whole.
const PAIRS_MAX: usize = 4_000_000;

/// From one text to another.
pub(super) fn diff(old: &str, new: &str) -> Vec<DiffLine> {
    let old: Vec<&str> = old.lines().collect();
    let new: Vec<&str> = new.lines().collect();
    let head = old.iter().zip(&new).take_while(|(a, b)| a == b).count();
    let rest = old.len().min(new.len()) - head;
    let tail = old.iter().rev().zip(new.iter().rev());
    let tail = tail.take(rest).take_while(|(a, b)| a == b).count();
    let (from, to) = (&old[head..old.len() - tail], &new[head..new.len() - tail]);
    let mut all: Vec<(LineChange, &str)> = Vec::new();
    all.extend(old[..head].iter().map(|line| (LineChange::Same, *line)));
    all.extend(changed(from, to));
    all.extend(
        old[old.len() - tail..]
            .iter()
            .map(|line| (LineChange::Same, *line)),
    );
    shown(&all)
}

/// The longest common run of lines decides what stays.
fn changed<'a>(old: &[&'a str], new: &[&'a str]) -> Vec<(LineChange, &'a str)> {
    let mut out = Vec::new();
    if old.len().saturating_mul(new.len()) > PAIRS_MAX {
        out.extend(old.iter().map(|line| (LineChange::Removed, *line)));
        out.extend(new.iter().map(|line| (LineChange::Added, *line)));
        return out;
    }
    let wide = new.len() + 1;
    let mut common = vec![0_u32; (old.len() + 1) * wide];
    for i in (0..old.len()).rev() {
        for j in (0..new.len()).rev() {
            common[i * wide + j] = if old[i] == new[j] {
                common[(i + 1) * wide + j + 1] + 1
            } else {
                common[(i + 1) * wide + j].max(common[i * wide + j + 1])
            };
        }
    }
    let (mut i, mut j) = (0, 0);
    while i < old.len() && j < new.len() {
        if old[i] == new[j] {
            out.push((LineChange::Same, old[i]));
            (i, j) = (i + 1, j + 1);
        } else if common[(i + 1) * wide + j] >= common[i * wide + j + 1] {
            out.push((LineChange::Removed, old[i]));
            i += 1;
        } else {
            out.push((LineChange::Added, new[j]));
            j += 1;
        }
    }
    out.extend(old[i..].iter().map(|line| (LineChange::Removed, *line)));
    out.extend(new[j..].iter().map(|line| (LineChange::Added, *line)));
    out
}

fn shown(all: &[(LineChange, &str)]) -> Vec<DiffLine> {
    let near = |at: usize| {
        let around = &all[at.saturating_sub(AROUND)..(at + AROUND + 1).min(all.len())];
        around.iter().any(|(change, _)| *change != LineChange::Same)
    };
    let mut out: Vec<DiffLine> = Vec::new();
    for (at, (change, line)) in all.iter().enumerate() {
        if near(at) {
            let (change, text) = (*change, masked(line));
            out.push(DiffLine { change, text });
        } else if out.last().is_none_or(|last| last.change != LineChange::Gap) {
            let (change, text) = (LineChange::Gap, String::new());
            out.push(DiffLine { change, text });
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(old: &str, new: &str, expect: &expect_test::Expect) {
        let sign = |line: &DiffLine| {
            let sign = match line.change {
                LineChange::Same => ' ',
                LineChange::Added => '+',
                LineChange::Removed => '-',
                LineChange::Gap => '~',
            };
            format!("{sign} {}\n", line.text)
        };
        let all: String = diff(old, new).iter().map(sign).collect();
        expect.assert_eq(&all);
    }

    #[test]
    fn what_changed_stands_between_what_stays_and_secrets_are_masked() {
        let old = "kind: Config\nusers:\n- name: a\n  user:\n    token: one\nx: 1\ny: 2\nz: 3\n";
        let new = old
            .replace("one", "two")
            .replace("z: 3\n", "z: 3\nname: b\n");
        check(
            old,
            &new,
            &expect_test::expect![[r"
                ~ 
                  - name: a
                    user:
                -     token: •••
                +     token: •••
                  x: •••
                  y: •••
                  z: •••
                + name: b
            "]],
        );
    }

    #[test]
    fn equal_texts_differ_in_nothing_and_an_empty_one_in_all() {
        check("name: a\n", "name: a\n", &expect_test::expect![["~ \n"]]);
        check("", "name: a\n", &expect_test::expect![["+ name: a\n"]]);
    }
}
