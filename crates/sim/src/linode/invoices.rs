//! `/account/invoices`: one per calendar month that is over, made from the ledger. Nothing is taxed.

use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use serde_json::{Value, json};

use super::{Answer, Call, Refusal, Reply, wants};
use crate::catalog::dollars;
use crate::clock::linode_time;
use crate::draw;
use crate::ledger::{Kind, Row, Share, month_end};
use crate::store::World;
use crate::tokens::Access;

/// A month and what was paid for in it.
struct Invoice<'ledger> {
    id: u64,
    /// When the month was over.
    date: Timestamp,
    items: Vec<(&'ledger Row, Share)>,
}

/// The invoices of the call's account, oldest first.
fn invoices<'world>(world: &'world World, call: &Call) -> Vec<Invoice<'world>> {
    let account = &call.user.account;
    let months = world
        .ledger
        .months(account, call.at, world.switches.billing);
    let over = months
        .into_iter()
        .filter(|(start, _)| month_end(*start) <= call.at);
    over.map(|(start, items)| Invoice {
        id: id(account, start),
        date: month_end(start),
        items,
    })
    .collect()
}

/// The same month of the same account always bears the same number.
fn id(account: &str, month: Timestamp) -> u64 {
    let date = month.to_zoned(TimeZone::UTC);
    let months = i64::from(date.year()) * 12 + i64::from(date.month());
    10_000_000 + draw::hash(account) % 10_000 * 1000 + months.rem_euclid(1000) as u64
}

fn find<'world>(world: &'world World, call: &Call) -> Result<Invoice<'world>, Refusal> {
    wants::may_account(call, Access::Read)?;
    let wanted = call.id(0);
    let found = invoices(world, call)
        .into_iter()
        .find(|one| one.id == wanted);
    found.ok_or_else(Refusal::not_found)
}

fn reply(invoice: &Invoice<'_>) -> Value {
    let sum: i64 = invoice.items.iter().map(|(_, share)| share.micro_usd).sum();
    json!({
        "id": invoice.id, "date": linode_time(invoice.date),
        "label": format!("Invoice #{}", invoice.id), "subtotal": dollars(sum), "tax": 0.0,
        "total": dollars(sum), "tax_summary": [], "billing_source": "linode",
    })
}

fn item((row, share): &(&Row, Share)) -> Value {
    let what = match row.kind {
        Kind::Cluster => "LKE Cluster",
        Kind::ControlPlane => "LKE High Availability",
        Kind::Linode => "Linode",
        Kind::Nodebalancer => "NodeBalancer",
        Kind::Volume => "Storage Volume",
        Kind::Firewall => "Cloud Firewall",
    };
    // Amount is always unit price times quantity: a month at its cap is one unit.
    let capped = share.micro_usd == row.cap_micro_usd_month;
    let (quantity, unit) = if capped {
        (1, row.cap_micro_usd_month)
    } else {
        (share.hours, row.rate_micro_usd_hour)
    };
    // The last second that belongs to it, as a month ends at 23:59:59.
    let to = share.to.checked_sub(1.second()).unwrap_or(share.to);
    json!({
        "label": format!("{what} - {} ({})", row.label, row.id), "type": "hourly",
        "from": linode_time(share.from), "to": linode_time(to.max(share.from)),
        "quantity": quantity, "unit_price": dollars(unit).to_string(),
        "amount": dollars(share.micro_usd), "tax": 0.0, "total": dollars(share.micro_usd),
        "region": row.region,
    })
}

pub(super) fn list(world: &mut World, call: &Call) -> Answer {
    wants::may_account(call, Access::Read)?;
    Ok(Reply::Page {
        rows: invoices(world, call).iter().map(reply).collect(),
        filterable: &["billing_source", "date", "label", "total"],
    })
}

pub(super) fn get(world: &mut World, call: &Call) -> Answer {
    find(world, call).map(|invoice| Reply::One(reply(&invoice)))
}

pub(super) fn items(world: &mut World, call: &Call) -> Answer {
    let invoice = find(world, call)?;
    Ok(Reply::Page {
        rows: invoice.items.iter().map(item).collect(),
        filterable: &[],
    })
}

/// What the running month has cost so far, in micro-dollars.
pub(super) fn uninvoiced(world: &World, call: &Call) -> i64 {
    let months = world
        .ledger
        .months(&call.user.account, call.at, world.switches.billing);
    let open = months
        .iter()
        .filter(|(start, _)| month_end(**start) > call.at);
    open.flat_map(|(_, items)| items)
        .map(|(_, share)| share.micro_usd)
        .sum()
}
