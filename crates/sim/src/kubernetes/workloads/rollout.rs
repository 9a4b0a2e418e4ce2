//! How a Deployment goes from its old sets to its new one: pure arithmetic over counts of pods.

use serde_json::Value;

use super::super::peek::text;

/// How many pods a set is to have, and how many of it are available.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Counts {
    pub wanted: i64,
    pub available: i64,
}

/// How far a Deployment may be from its count while it rolls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Bounds {
    /// Pods that it wants.
    pub wanted: i64,
    /// Pods that may be too many.
    pub surge: i64,
    /// Pods that may be unavailable.
    pub unavailable: i64,
}

impl Bounds {
    /// By the strategy of a Deployment's spec; one that recreates is never beyond its count.
    pub(super) fn of(spec: &Value) -> Self {
        let wanted = spec["replicas"].as_i64().unwrap_or(1);
        if recreates(spec) {
            return Self {
                wanted,
                surge: 0,
                unavailable: 0,
            };
        }
        let rolling = &spec["strategy"]["rollingUpdate"];
        let surge = part(&rolling["maxSurge"], wanted, Round::Up);
        let unavailable = part(&rolling["maxUnavailable"], wanted, Round::Down);
        Self {
            wanted,
            surge,
            // Otherwise it would never begin.
            unavailable: if surge + unavailable == 0 {
                1
            } else {
                unavailable
            }
            .min(wanted),
        }
    }

    /// Pods that there may be at most.
    pub(super) fn most(self) -> i64 {
        self.wanted + self.surge
    }

    /// Pods that are available at least.
    pub(super) fn least(self) -> i64 {
        self.wanted - self.unavailable
    }
}

/// Whether all old pods go before the first new one comes.
pub(super) fn recreates(spec: &Value) -> bool {
    text(spec, "/strategy/type") == "Recreate"
}

/// To which side a part of a pod is rounded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) enum Round {
    Up,
    Down,
}

/// A number of pods, or a percentage of them; a quarter when nothing is said.
pub(in super::super) fn part(of: &Value, wanted: i64, round: Round) -> i64 {
    let percent = of.as_str().unwrap_or("25%").trim_end_matches('%');
    let hundredths = wanted * percent.parse::<i64>().unwrap_or(0);
    of.as_i64().unwrap_or(match round {
        Round::Up => (hundredths + 99) / 100,
        Round::Down => hundredths / 100,
    })
}

/// The counts of the next step, the new set's first; the old sets are given oldest first.
pub(super) fn step(bounds: Bounds, new: Counts, old: &[Counts]) -> (i64, Vec<i64>) {
    let mut to: Vec<i64> = old.iter().map(|one| one.wanted).collect();
    let all = new.wanted + to.iter().sum::<i64>();
    let more = (bounds.most() - all).min(bounds.wanted - new.wanted).max(0);
    let next = bounds.wanted.min(new.wanted + more);
    if next != new.wanted {
        return (next, to);
    }
    let spare = all - bounds.least() - (new.wanted - new.available);
    // Those that do not run help nobody, and go first.
    let mut left = spare.max(0);
    for (to, one) in to.iter_mut().zip(old) {
        let idle = (one.wanted - one.available).clamp(0, left);
        *to -= idle;
        left -= idle;
    }
    let available = new.available + old.iter().map(|one| one.available).sum::<i64>();
    let mut left = left.min(available - bounds.least()).max(0);
    for to in &mut to {
        let gone = left.min(*to);
        *to -= gone;
        left -= gone;
    }
    (new.wanted, to)
}

/// The counts of all sets when the Deployment's own changes in the middle of a rollout: each gets
/// its share, the largest what is left over.
pub(super) fn shares(bounds: Bounds, sets: &[Counts]) -> Vec<i64> {
    let before: i64 = sets.iter().map(|one| one.wanted).sum();
    let most = if bounds.wanted > 0 { bounds.most() } else { 0 };
    let share = |one: &Counts| (2 * one.wanted * most + before) / (2 * before.max(1));
    let mut to: Vec<i64> = sets.iter().map(share).collect();
    let over = most - to.iter().sum::<i64>();
    let largest = (0..to.len()).max_by_key(|nth| (sets[*nth].wanted, *nth));
    if let Some(largest) = largest {
        to[largest] = (to[largest] + over).max(0);
    }
    to
}

#[cfg(test)]
mod tests {
    use expect_test::expect;
    use serde_json::json;

    use super::{Bounds, Counts, shares, step};

    /// Every step of a rollout whose pods are available at once.
    fn rolled(spec: &serde_json::Value, old: &[i64]) -> String {
        let whole = |count: &i64| Counts {
            wanted: *count,
            available: *count,
        };
        let (bounds, mut new) = (Bounds::of(spec), whole(&0));
        let mut old: Vec<Counts> = old.iter().map(whole).collect();
        let mut told = Vec::new();
        for _ in 0..50 {
            let (next, left) = step(bounds, new, &old);
            let same =
                next == new.wanted && left.iter().zip(&old).all(|(to, one)| *to == one.wanted);
            if same {
                return told.join(" ");
            }
            told.push(format!("{next}+{left:?}"));
            new = whole(&next);
            old = left.iter().map(whole).collect();
        }
        format!("{} and no end", told.join(" "))
    }

    #[test]
    fn a_rollout_keeps_within_its_bounds() {
        let spec = |surge: serde_json::Value, unavailable: serde_json::Value| {
            let rolling = json!({"maxSurge": surge, "maxUnavailable": unavailable});
            json!({"replicas": 4, "strategy": {"rollingUpdate": rolling}})
        };
        let told = [
            rolled(&json!({"replicas": 4}), &[4]),
            rolled(&spec(json!("100%"), json!(0)), &[4]),
            rolled(&spec(json!(0), json!("50%")), &[4]),
            rolled(&spec(json!(0), json!(0)), &[3, 1]),
            rolled(&json!({"replicas": 1}), &[1]),
            rolled(&json!({"replicas": 0}), &[2]),
        ];
        expect![[r#"
            1+[4] 1+[2] 3+[2] 3+[0] 4+[0]
            4+[4] 4+[0]
            0+[2] 2+[2] 2+[0] 4+[0]
            0+[2, 1] 1+[2, 1] 1+[1, 1] 2+[1, 1] 2+[0, 1] 3+[0, 1] 3+[0, 0] 4+[0, 0]
            1+[1] 1+[0]
            0+[0]
        "#]]
        .assert_eq(&(told.join("\n") + "\n"));
    }

    #[test]
    fn pods_that_do_not_run_go_first() {
        let bounds = Bounds::of(&json!({"replicas": 4}));
        let counts = |wanted, available| Counts { wanted, available };
        let told = [
            step(bounds, counts(1, 1), &[counts(1, 1), counts(3, 1)]),
            step(bounds, counts(2, 0), &[counts(3, 3)]),
            step(bounds, counts(2, 2), &[counts(3, 3)]),
        ];
        expect!["[(1, [1, 1]), (2, [3]), (2, [1])]"].assert_eq(&format!("{told:?}"));
    }

    #[test]
    fn a_count_that_changes_in_the_middle_is_shared() {
        let counts = |wanted| Counts {
            wanted,
            available: 0,
        };
        let told = [10, 4, 0, 3].map(|replicas| {
            let bounds = Bounds::of(&json!({"replicas": replicas}));
            shares(bounds, &[counts(3), counts(2)])
        });
        expect!["[[8, 5], [3, 2], [0, 0], [2, 2]]"].assert_eq(&format!("{told:?}"));
    }
}
