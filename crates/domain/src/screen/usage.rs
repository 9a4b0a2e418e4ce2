//! How GPUs are used, as rows show it.

use crate::money::{MicroUsd, Price};
use crate::usage::{self, Day};
use crate::view::{IdleView, NodeRow, UsageTotals, UsageView};
use jiff::Timestamp;

/// Of one node; `None`: nothing of its last day is known.
pub(super) fn usage(day: &Day, price: Option<Price>, now: Timestamp) -> Option<UsageView> {
    let at = day.last_at()?;
    let cards = day.now(now).unwrap_or_default();
    let all = |of: fn(&usage::CardUse) -> Option<u32>| -> Option<u64> {
        let each: Option<Vec<u32>> = cards.iter().map(of).collect();
        let each = each.filter(|each| !each.is_empty())?;
        Some(each.into_iter().map(u64::from).sum())
    };
    let idle = day.idle(now);
    let cost = price.map(|price| usage::cost(price.hour, cards.len(), &idle));
    let since = idle.iter().map(|one| one.since).min();
    Some(UsageView {
        at,
        gpus: count(cards.len()),
        percent: usage::mean_percent(cards),
        memory_mib: all(|one| one.memory_mib),
        memory_all_mib: all(|one| one.memory_all_mib),
        celsius: cards.iter().filter_map(|one| one.celsius).max(),
        day: day.points(now),
        idle: since.map(|since| IdleView {
            gpus: count(idle.len()),
            since,
            until: at,
            cost,
        }),
    })
}

/// Of all nodes together; `None`: of none is known how it is used now.
pub(super) fn totals(rows: &[NodeRow]) -> Option<UsageTotals> {
    let known = || rows.iter().filter_map(|row| row.usage.as_deref());
    let percents = known().filter_map(|one| Some((one.gpus, one.percent?)));
    let (gpus, sum) = percents.fold((0, 0), |(gpus, sum), (of_it, percent)| {
        (gpus + of_it, sum + of_it * u32::from(percent))
    });
    let percent = (sum * 2 + gpus).checked_div(gpus * 2)?;
    let idle = known().filter_map(|one| one.idle);
    let idle = idle.reduce(|all, one| IdleView {
        gpus: all.gpus + one.gpus,
        since: all.since.min(one.since),
        until: all.until.max(one.until),
        cost: all
            .cost
            .zip(one.cost)
            .map(|(all, one)| MicroUsd(all.0 + one.0)),
    });
    Some(UsageTotals {
        gpus,
        percent: u8::try_from(percent).unwrap_or(u8::MAX),
        idle,
    })
}

fn count(all: usize) -> u32 {
    u32::try_from(all).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::usage::{CardUse, NodeUse, Usage};
    use expect_test::expect;

    fn at(minute: i64) -> Timestamp {
        Timestamp::from_second(1_795_003_200 + minute * 60).unwrap()
    }

    fn card(card: u8, percent: u8, memory: Option<u32>) -> CardUse {
        CardUse {
            card,
            percent,
            memory_mib: memory,
            memory_all_mib: Some(20_000),
            celsius: Some(40 + card),
        }
    }

    /// A node that was read each minute of so many.
    fn day(minutes: i64, cards: &[CardUse]) -> Day {
        let mut usage = Usage::default();
        for minute in 0..=minutes {
            let read = NodeUse {
                node: "n".to_owned(),
                cards: cards.to_vec(),
            };
            usage.saw(at(minute), &[read]);
        }
        usage.of("n").unwrap().clone()
    }

    const PRICE: Price = Price {
        hour: MicroUsd(520_000),
        month: MicroUsd(350_000_000),
    };

    fn told(view: &UsageView) -> String {
        let idle = view.idle.map(|one| {
            let minutes = one.until.duration_since(one.since).as_mins();
            (one.gpus, minutes, one.cost.map(|cost| cost.0))
        });
        format!(
            "{} GPUs {:?} % {:?} of {:?} MiB {:?} °C idle {idle:?}\n",
            view.gpus, view.percent, view.memory_mib, view.memory_all_mib, view.celsius
        )
    }

    #[test]
    fn a_node_s_gpus_are_shown_together_and_what_is_old_is_not_shown_as_now() {
        let both = day(42, &[card(0, 91, Some(100)), card(1, 2, Some(50))]);
        let odd = day(42, &[card(0, 0, Some(100)), card(1, 0, None)]);
        let mut all = String::new();
        all += &told(&usage(&both, Some(PRICE), at(43)).unwrap());
        all += &told(&usage(&odd, None, at(43)).unwrap());
        all += &told(&usage(&both, Some(PRICE), at(60)).unwrap());
        expect![[r#"
            2 GPUs Some(47) % Some(150) of Some(40000) MiB Some(41) °C idle Some((1, 42, Some(182000)))
            2 GPUs Some(0) % None of Some(40000) MiB Some(41) °C idle Some((2, 42, None))
            0 GPUs None % None of None MiB None °C idle None
        "#]]
        .assert_eq(&all);
        assert_eq!(usage(&Day::default(), None, at(0)), None);
    }
}
