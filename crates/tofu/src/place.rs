//! Where in the file a rule's Diagnostic belongs.

use crate::read::{Read, Spot};
use domain::diagnostic::{Diagnostic, Field};
use domain::text::Param;

/// Puts line and column on Diagnostics that have none, by their fields. What the file does not give
/// stays without a place, unless another field that it gives has to do with it. Takes them owned or
/// borrowed, and gives the same back.
pub fn place<D: AsMut<[Diagnostic]>>(mut diagnostics: D, read: &Read) -> D {
    let without = |one: &&mut Diagnostic| one.place.is_none();
    for one in diagnostics.as_mut().iter_mut().filter(without) {
        let fields = [&[one.field][..], related(one.field)].concat();
        let spot = fields
            .iter()
            .find_map(|field| read.spots.iter().find(|s| s.field == *field));
        one.place = spot.map(|spot| narrowed(one, spot).unwrap_or_else(|| spot.place.clone()));
    }
    diagnostics
}

/// The very entry of a list that a Diagnostic names.
fn narrowed(diagnostic: &Diagnostic, spot: &Spot) -> Option<domain::diagnostic::Place> {
    let named = ["cidr", "piece", "tag", "label", "instance_type"];
    let entry = |text: &str| {
        // The last one: an earlier one of the same text was good.
        spot.inside
            .iter()
            .rev()
            .find(|(inside, _)| inside == text)
            .map(|(_, at)| at.clone())
    };
    named.iter().find_map(|name| {
        let Param::Text(text) = diagnostic.what.params.get(*name)? else {
            return None;
        };
        entry(text)
    })
}

/// Fields that may be meant when one is not in the file.
const fn related(field: Field) -> &'static [Field] {
    match field {
        Field::GpuMin => &[Field::GpuMax, Field::GpuCount],
        Field::GpuMax => &[Field::GpuMin, Field::GpuCount],
        Field::GpuCount => &[Field::GpuMin, Field::GpuMax],
        Field::Region => &[Field::GpuType],
        Field::GpuType => &[Field::Region],
        Field::Prefix
        | Field::KubernetesVersion
        | Field::Ha
        | Field::KubectlAccess
        | Field::UiAccess
        | Field::Tags
        | Field::SystemPool
        | Field::Stops
        | Field::Budget
        | Field::GpuSlices
        | Field::FirewallRules
        | Field::Whole => &[],
    }
}
