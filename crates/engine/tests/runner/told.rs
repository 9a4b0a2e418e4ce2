//! A journal as a person reads it.

use crate::life::Story;
use domain::record::Fact;

/// Every record: seconds since the first, name, what matters of it.
pub(crate) fn transcript(story: &Story) -> String {
    let records = story.disk.records.lock().unwrap();
    let start = records[0].at;
    let lines = records.iter().map(|record| {
        let seconds = record.at.duration_since(start).as_secs();
        let what = match &record.fact {
            Fact::Started { step, .. } | Fact::Intent { step, .. } => step.to_string(),
            Fact::Sent { step, attempt, .. } => format!("{step} attempt {attempt}"),
            Fact::Refused { step, why } | Fact::Unknown { step, why } => {
                format!("{step} {}", why.code)
            }
            Fact::Made {
                step,
                thing,
                adopted,
            } => {
                format!("{step} {thing}{}", if *adopted { " adopted" } else { "" })
            }
            Fact::Duplicate { thing } | Fact::Gone { thing } | Fact::Born { thing, .. } => {
                thing.to_string()
            }
            Fact::GpuTested { instance, test } => format!("{instance} {test:?}"),
            Fact::Covered { instance, open_ms } => format!("{instance} after {open_ms} ms"),
            Fact::Finished { step, detail, .. } => {
                format!("{step} {}", detail.as_ref().map_or("", |text| &text.code))
            }
            Fact::Failed { step, what, .. } | Fact::Stuck { step, what } => {
                format!("{step} {}", what.code)
            }
            Fact::Wished { wish } => format!("{wish:?}"),
            Fact::Recycling { node, .. } => node.to_string(),
            Fact::Swept { clean, .. } => format!("clean {clean}"),
            Fact::Opened { .. }
            | Fact::Continued { .. }
            | Fact::Accepted { .. }
            | Fact::Volumes { .. }
            | Fact::Completed { .. }
            | Fact::KubeconfigSaved
            | Fact::TakenOver(_)
            | Fact::StopMoved { .. } => String::new(),
        };
        format!("{seconds:<4} {} {what}", record.fact.name())
            .trim_end()
            .to_owned()
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// What the journal says of the cluster's POST, of second ones and of what is gone.
pub(crate) fn posts(story: &Story) -> String {
    let facts = [
        "intent 2",
        "sent 2",
        "unknown 2",
        "made 2",
        "duplicate",
        "gone",
    ];
    let of_it = |line: &&str| facts.iter().any(|fact| line.contains(fact));
    transcript(story)
        .lines()
        .filter(of_it)
        .collect::<Vec<_>>()
        .join("\n")
}
