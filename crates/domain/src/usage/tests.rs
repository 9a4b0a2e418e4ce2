use super::*;
use expect_test::{Expect, expect};

fn at(minute: i64) -> Timestamp {
    Timestamp::from_second(1_795_003_200 + minute * 60).unwrap()
}

fn card(card: u8, percent: u8) -> CardUse {
    CardUse {
        card,
        percent,
        memory_mib: None,
        memory_all_mib: None,
        celsius: None,
    }
}

fn one(node: &str, cards: &[(u8, u8)]) -> NodeUse {
    NodeUse {
        node: node.to_owned(),
        cards: cards
            .iter()
            .map(|(nth, percent)| card(*nth, *percent))
            .collect(),
    }
}

/// Readings of node `n`: minute and the percent of each GPU.
fn seen(readings: &[(i64, &[u8])]) -> Usage {
    let mut usage = Usage::default();
    for (minute, percents) in readings {
        let cards: Vec<(u8, u8)> = (0..).zip(percents.iter().copied()).collect();
        usage.saw(at(*minute), &[one("n", &cards)]);
    }
    usage
}

/// A reading each minute from `from` to `until`, both of them.
fn each(from: i64, until: i64, percents: &'static [u8]) -> Vec<(i64, &'static [u8])> {
    (from..=until).map(|minute| (minute, percents)).collect()
}

/// Who is idle at a minute, in minutes since the first.
fn check_idle(readings: &[(i64, &[u8])], now: i64, expected: &Expect) {
    let usage = seen(readings);
    let minute = |time: Timestamp| time.duration_since(at(0)).as_mins();
    let idle = usage.of("n").unwrap().idle(at(now));
    let idle: Vec<String> = idle
        .iter()
        .map(|one| format!("{}:{}-{}", one.card, minute(one.since), minute(one.until)))
        .collect();
    expected.assert_eq(&idle.join(" "));
}

#[test]
fn a_gpu_is_idle_after_a_quarter_of_an_hour_below_five_percent() {
    check_idle(&each(0, 14, &[0]), 14, &expect![""]);
    check_idle(&each(0, 15, &[0]), 15, &expect!["0:0-15"]);
    check_idle(&each(0, 42, &[97, 4]), 42, &expect!["1:0-42"]);
    check_idle(&each(0, 42, &[5]), 42, &expect![""]);
    let worked = [each(0, 20, &[0]), each(21, 21, &[60]), each(22, 40, &[1])].concat();
    check_idle(&worked, 40, &expect!["0:22-40"]);
    let works = [each(0, 20, &[0]), each(21, 21, &[60])].concat();
    check_idle(&works, 21, &expect![""]);
}

#[test]
fn a_time_in_which_nobody_looked_is_no_idle_time() {
    let gap = [each(0, 30, &[0]), each(50, 60, &[0])].concat();
    check_idle(&gap, 60, &expect![""]);
    let gap = [each(0, 30, &[0]), each(50, 65, &[0])].concat();
    check_idle(&gap, 65, &expect!["0:50-65"]);
    let slow = [(0, &[0][..]), (9, &[0]), (18, &[0])];
    check_idle(&slow, 18, &expect!["0:0-18"]);
    // What was read last may be over by now.
    check_idle(&each(0, 30, &[0]), 40, &expect!["0:0-30"]);
    check_idle(&each(0, 30, &[0]), 41, &expect![""]);
}

#[test]
fn a_gpu_that_was_not_told_of_for_a_while_is_idle_from_its_return_on() {
    let gone = [
        each(0, 20, &[97, 0]),
        each(21, 22, &[97]),
        each(23, 39, &[97, 0]),
    ]
    .concat();
    check_idle(&gone, 39, &expect!["1:23-39"]);
}

#[test]
fn what_is_idle_costs_its_part_of_the_node_for_as_long() {
    let idle = |minutes: i64| Idle {
        card: 0,
        since: at(0),
        until: at(minutes),
    };
    let hour = MicroUsd(520_000);
    assert_eq!(cost(hour, 1, &[idle(42)]), MicroUsd(364_000));
    assert_eq!(cost(hour, 2, &[idle(42)]), MicroUsd(182_000));
    assert_eq!(cost(hour, 2, &[idle(60), idle(30)]), MicroUsd(390_000));
    assert_eq!(cost(hour, 1, &[]), MicroUsd(0));
    assert_eq!(cost(hour, 0, &[idle(42)]), MicroUsd(0));
    assert_eq!(
        cost(MicroUsd(i64::MAX), 1, &[idle(6000)]),
        MicroUsd(i64::MAX)
    );
}

#[test]
fn a_day_is_kept_and_no_more_of_it_than_a_reading_a_minute() {
    let mut usage = Usage::default();
    for second in (0..2 * 24 * 60 * 60).step_by(20) {
        let at = at(0) + SignedDuration::from_secs(second);
        usage.saw(at, &[one("n", &[(0, 7)])]);
        usage.saw(at, &[one("m", &[(0, 7)])]);
    }
    let day = usage.of("n").unwrap();
    assert_eq!(day.readings.len(), 1440);
    let first = day.readings.first().unwrap().0;
    assert!(day.last_at().unwrap().duration_since(first) < DAY);
    assert!(usage.of("m").is_some());
    // A node of which nothing was heard for a day is gone.
    usage.saw(at(4 * 24 * 60), &[one("new", &[(0, 1)])]);
    assert_eq!((usage.of("n"), usage.nodes.len()), (None, 1));
    assert!(!usage.is_due(at(4 * 24 * 60)) && usage.is_due(at(4 * 24 * 60 + 1)));
    // A clock that was set back stops no reading, and what it told before is forgotten.
    assert!(usage.is_due(at(0)));
    usage.saw(at(4 * 24 * 60 + 2), &[one("gone", &[(0, 1)])]);
    usage.saw(at(0), &[one("new", &[(0, 9)])]);
    assert_eq!(usage.nodes.len(), 1);
    let day = usage.of("new").unwrap();
    assert_eq!((day.readings.len(), day.last_at()), (1, Some(at(0))));
}

#[test]
fn the_line_of_a_day_has_gaps_where_nobody_looked() {
    let readings = [each(0, 14, &[10, 20]), each(45, 60, &[100, 97])].concat();
    let usage = seen(&readings);
    let line = usage.of("n").unwrap().points(at(61));
    assert_eq!(line.len(), POINTS);
    let told: Vec<String> = line[POINTS - 6..]
        .iter()
        .map(|point| point.map_or("–".to_owned(), |percent| percent.to_string()))
        .collect();
    expect!["– 15 – – 99 99"].assert_eq(&told.join(" "));
    // A day later nothing of it is in the line.
    let later = usage.of("n").unwrap().points(at(61 + 25 * 60));
    assert!(later.iter().all(Option::is_none));
}

#[test]
fn two_processes_that_looked_have_one_day() {
    let mut one = seen(&each(0, 30, &[0]));
    let other = seen(&[each(20, 50, &[0]), each(51, 51, &[3])].concat());
    one.saw_all(&other);
    assert_eq!(one, seen(&[each(0, 50, &[0]), each(51, 51, &[3])].concat()));
    let kept = serde_json::to_string(&one).unwrap();
    assert_eq!(serde_json::from_str::<Usage>(&kept).unwrap(), one);
}

/// What is read of a text, a GPU a line.
fn check(text: &str, expected: &Expect) {
    let shown = |one: &CardUse| {
        format!(
            "{}: {} % {:?} of {:?} MiB {:?} °C\n",
            one.card, one.percent, one.memory_mib, one.memory_all_mib, one.celsius
        )
    };
    let all: String = read(text).iter().map(shown).collect();
    expected.assert_eq(&all);
}

const GOOD: &str = r#"# HELP DCGM_FI_DEV_GPU_UTIL GPU utilization (in %).
# TYPE DCGM_FI_DEV_GPU_UTIL gauge
DCGM_FI_DEV_GPU_UTIL{gpu="0",UUID="GPU-1",pci_bus_id="00000000:00:02.0",device="nvidia0",modelName="NVIDIA RTX 4000 Ada Generation",Hostname="n",container="",namespace="",pod=""} 97
DCGM_FI_DEV_GPU_UTIL{gpu="1",modelName="odd \"{,}\\"} 0
# HELP DCGM_FI_DEV_FB_FREE Framebuffer memory free (in MiB).
# TYPE DCGM_FI_DEV_FB_FREE gauge
DCGM_FI_DEV_FB_FREE{gpu="0"} 2200
DCGM_FI_DEV_FB_USED{gpu="0"} 17800.000000 1700000000000
DCGM_FI_DEV_FB_USED{gpu="1"} 2
DCGM_FI_DEV_GPU_TEMP{ gpu = "0" , } 64
DCGM_FI_DEV_POWER_USAGE{gpu="0"} 118.4
"#;

#[test]
fn the_exporter_s_text_is_read_by_gpu() {
    check(
        GOOD,
        &expect![[r#"
            0: 97 % Some(17800) of Some(20000) MiB Some(64) °C
            1: 0 % Some(2) of None MiB None °C
        "#]],
    );
}

#[test]
fn what_is_absurd_or_unknown_is_left_out() {
    let util = |value: &str| format!("DCGM_FI_DEV_GPU_UTIL{{gpu=\"0\"}} {value}\n");
    let none = [
        "NaN",
        "nan",
        "+Inf",
        "-1",
        "101",
        "100.5",
        "2147483632",
        "9223372036854775792",
        "99999999999999999999",
        "0x10",
        "1e1",
        "",
        "7.",
        ".5",
        "4.x",
        "٣",
        "5,0",
    ];
    for value in none {
        assert_eq!(read(&util(value)), [], "{value}");
    }
    check(
        &util("99.5"),
        &expect![[r#"
        0: 100 % None of None MiB None °C
    "#]],
    );
    // Twice told, as of pods that share a GPU.
    check(
        &format!("{}{}", util("61"), util("40")),
        &expect![[r#"
        0: 61 % None of None MiB None °C
    "#]],
    );
    let rest = "DCGM_FI_DEV_FB_USED{gpu=\"0\"} 99999999999\nDCGM_FI_DEV_GPU_TEMP{gpu=\"0\"} 4000\n";
    check(
        &format!("{}{rest}", util("5")),
        &expect![[r#"
        0: 5 % None of None MiB None °C
    "#]],
    );
    for text in [
        "DCGM_FI_DEV_GPU_UTIL 5",
        "DCGM_FI_DEV_GPU_UTIL{} 5",
        "DCGM_FI_DEV_GPU_UTIL{gpu=\"256\"} 5",
        "DCGM_FI_DEV_GPU_UTIL{gpu=\"-0\"} 5",
        "DCGM_FI_DEV_GPU_UTIL{gpu=0} 5",
        "DCGM_FI_DEV_GPU_UTIL{gpu=\"0} 5",
        "DCGM_FI_DEV_GPU_UTIL{gpu=\"0\"",
        "DCGM_FI_DEV_GPU_UTIL{gpu=\"0\"}",
        "DCGM_FI_DEV_FB_USED{gpu=\"0\"} 5",
        "{\"kind\":\"Status\",\"code\":503}",
        "<html>{gpu=\"0\"} 5",
    ] {
        assert_eq!(read(text), [], "{text}");
    }
}

#[test]
fn a_huge_text_is_read_to_a_bound() {
    let line = |nth: u32| format!("DCGM_FI_DEV_GPU_UTIL{{gpu=\"{nth}\"}} 1\n");
    let all: String = (0..1000).map(line).collect();
    assert_eq!(read(&all).len(), 64);
    let mut late = "ü".repeat(TEXT_BYTES_MAX / 2 + 7);
    late.push('\n');
    late.push_str(GOOD);
    assert_eq!(read(&late), []);
    let open = format!("DCGM_FI_DEV_GPU_UTIL{{{}", "gpu=\"0\",".repeat(40_000));
    assert_eq!(read(&open), []);
}

#[test]
fn drawn_damage_panics_nowhere_and_shows_nothing_absurd() {
    let mut state: u64 = 11;
    let mut below = |bound: usize| {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(state >> 33).unwrap() % bound
    };
    let odd: Vec<char> = "{}\"\\=,. \n#0957-+eNü\u{0}".chars().collect();
    let (mut both, mut fewer) = (0, 0);
    for _ in 0..6_000 {
        let mut all: Vec<char> = GOOD.chars().collect();
        for _ in 0..=below(12) {
            let place = below(all.len());
            match below(4) {
                0 => drop(all.remove(place)),
                1 => all.insert(place, odd[below(odd.len())]),
                2 => all[place] = odd[below(odd.len())],
                _ => {
                    let end = (place + below(60)).min(all.len());
                    let part = all[place..end].to_vec();
                    all.splice(place..place, part);
                }
            }
        }
        let cards = read(&all.into_iter().collect::<String>());
        for one in &cards {
            assert!(one.percent <= 100);
            assert!(one.memory_mib <= one.memory_all_mib || one.memory_all_mib.is_none());
        }
        match cards.len() {
            2.. => both += 1,
            _ => fewer += 1,
        }
    }
    // Much of the damage must leave something to read, and some of it must not.
    assert!(both > 1_000 && fewer > 300, "{both} {fewer}");
}
