//! What is printed: documents on stdout, progress and problems on stderr.

#![expect(clippy::print_stdout, reason = "printing is what this module is for")]

use crate::words::{length, money, say, word};
use domain::diagnostic::{Diagnostic, Severity};
use domain::view::{
    ItemChange, Notice, Op, Problem, QuoteView, ReceiptView, Review, Row, StepState,
};
use domain::{DeploymentId, Price};
use engine::facade::Brief;
use engine::ports::Calls;
use serde::Serialize;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};

static JSON: AtomicBool = AtomicBool::new(false);

/// Whether stdout gets a document, also for an error.
pub(crate) fn speak_json(json: bool) {
    JSON.store(json, Ordering::Relaxed);
}

/// The document of an error.
pub(crate) fn error_document(problem: &Problem) {
    if JSON.load(Ordering::Relaxed) {
        drop(document(&serde_json::json!({ "error": problem })));
    }
}

/// One document on stdout.
pub(crate) fn document<T: Serialize>(value: &T) -> anyhow::Result<()> {
    println!("{}", serde_json::to_string_pretty(value)?);
    Ok(())
}

/// Lines on stdout.
pub(crate) fn out(line: &str) {
    println!("{line}");
}

/// A problem on stderr: what, why, fix, detail.
pub(crate) fn problem(problem: &Problem) {
    eprintln!("error: {}", say(&problem.what));
    for line in problem.why.iter().chain(&problem.fix) {
        eprintln!("  {}", say(line));
    }
    if let Some(detail) = &problem.detail {
        eprintln!("  ({detail})");
    }
}

/// Every diagnostic on stderr: place, what, why, fix.
pub(crate) fn diagnostics(all: &[Diagnostic]) {
    for one in all {
        let severity = match one.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
        };
        match &one.place {
            Some(at) => eprintln!(
                "{}:{}:{}: {severity}: {}",
                at.file,
                at.line,
                at.column,
                say(&one.what)
            ),
            None => eprintln!("{severity}: {}", say(&one.what)),
        }
        for line in one.why.iter().chain(&one.fix) {
            eprintln!("  {}", say(line));
        }
    }
}

/// A price in words.
pub(crate) fn price(price: Option<Price>) -> String {
    match price {
        None => word("price_unknown_word"),
        Some(Price {
            hour: domain::MicroUsd(0),
            ..
        }) => word("price_free_word"),
        Some(price) => format!("{}/h", money(price.hour)),
    }
}

/// The lines of a quote.
pub(crate) fn quote(quote: &QuoteView) {
    let both = |price: Option<Price>| match price {
        Some(price) => format!("{}/h, {}/month", money(price.hour), money(price.month)),
        None => word("price_unknown_word"),
    };
    out(&format!("from the start  {}", both(quote.from_start)));
    out(&format!("at most         {}", both(quote.at_most)));
    if let (Some(stops), Some(until)) = (quote.stops, quote.until_stop) {
        out(&format!("until {stops}  at most {}", money(until)));
    }
}

/// Everything that a plan will do.
pub(crate) fn review(review: &Review) {
    for item in &review.items {
        let sign = match item.change {
            ItemChange::Create => "+",
            ItemChange::Update => "~",
            ItemChange::Replace => "±",
            ItemChange::Delete => "-",
        };
        let cost = match item.change {
            ItemChange::Create => format!("  {}", price(item.price)),
            ItemChange::Update | ItemChange::Replace | ItemChange::Delete => String::new(),
        };
        eprintln!("{sign} {}{cost}", say(&item.what));
        if let Some(detail) = &item.detail {
            eprintln!("    {}", say(detail));
        }
    }
}

/// What deployments told last of their stop times: each warning is said once.
#[derive(Debug, Default)]
pub(crate) struct Notices(BTreeMap<DeploymentId, String>);

impl Notices {
    /// Says a warning of a stop time that was not said yet.
    pub(crate) fn tell(&mut self, row: &Row) {
        let Row::Deployment(row) = row else { return };
        let warning = |notice: &&Notice| notice.what.code.starts_with("stop_");
        let Some(notice) = row.notice.as_ref().filter(warning) else {
            self.0.remove(&row.id);
            return;
        };
        let code = notice.what.code.clone();
        if self.0.insert(row.id.clone(), code.clone()) != Some(code) {
            eprintln!("!  {}: {}", row.label, say(&notice.what));
        }
    }
}

/// One change of the screen's rows, as a line of progress.
pub(crate) fn progress(op: &Op) {
    let Op::Put { value, .. } = op else { return };
    match value {
        Row::Step(step) => {
            let title = say(&step.title);
            let detail = step.detail.as_ref().map(|text| format!(": {}", say(text)));
            let detail = detail.unwrap_or_default();
            let took = step.started.zip(step.ended).map(|(from, to)| {
                format!(" ({})", length(to.duration_since(from).as_millis() as i64))
            });
            let took = took.unwrap_or_default();
            match step.state {
                StepState::Pending => {}
                StepState::Running => eprintln!("…  {title}{detail}"),
                StepState::Late => eprintln!("!  {title}{detail}"),
                StepState::Done => eprintln!("✓  {title}{took}{detail}"),
                StepState::Failed => eprintln!("✗  {title}{took}{detail}"),
            }
        }
        Row::Activity(line) => eprintln!("   {}", say(&line.text)),
        Row::App(_) | Row::Deployment(_) | Row::Node(_) | Row::Spend(_) => {}
    }
}

/// How a run ended well: where it stands, or the receipt.
pub(crate) fn ended(brief: Option<&Brief>, receipt: Option<&ReceiptView>, calls: Calls) {
    let Some(brief) = brief else { return };
    if let Some(receipt) = receipt {
        out(&format!("{} is gone: nothing of it is left", brief.label));
        for line in receipt.deleted.iter().chain(&receipt.kept) {
            let at = line
                .at
                .map_or_else(|| "kept".to_owned(), |at| at.strftime("%T").to_string());
            out(&format!("  {at}  {}", say(&line.what)));
        }
        for sweep in &receipt.sweeps {
            out(&format!(
                "  {}  {}",
                sweep.strftime("%T"),
                word("receipt_sweep_word")
            ));
        }
        if let Some(cost) = receipt.cost {
            out(&format!("  {} {}", word("receipt_cost_word"), money(cost)));
        }
        let reach = receipt.reach.iter().flatten();
        let said = receipt.notes.iter().chain(reach);
        said.for_each(|line| out(&format!("  {}", say(line))));
    } else {
        let rate = brief
            .rate
            .map_or("–".to_owned(), |rate| format!("{}/h", money(rate)));
        out(&format!("{} is ready at {rate}", brief.label));
    }
    let Calls {
        catalog,
        polls,
        others,
    } = calls;
    eprintln!("requests: {others}, waiting polls: {polls}, catalog: {catalog}");
}
