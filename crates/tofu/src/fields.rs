//! One variable of the file into its field of the Spec.

use crate::literal::Reader;
use crate::texts::TofuText as T;
use domain::MicroUsd;
use domain::diagnostic::{Diagnostic, Field};
use domain::spec::Spec;
use hcl_edit::expr::Expression;

/// Sets a field from its value; what cannot be read is said and leaves the default.
pub(crate) fn set(reader: &mut Reader<'_>, value: &Expression, spec: &mut Spec) {
    match reader.field {
        Field::Prefix => put(&mut spec.prefix, reader.text(value)),
        Field::Region => put(&mut spec.region, reader.text(value)),
        Field::KubernetesVersion => put(&mut spec.kubernetes_version, version(reader, value)),
        Field::GpuType => put(&mut spec.gpu_type, reader.text(value)),
        Field::GpuCount => put(&mut spec.gpu_count, reader.whole(value)),
        Field::GpuMin => put(&mut spec.gpu_min, reader.whole(value)),
        Field::GpuMax => put(&mut spec.gpu_max, reader.whole(value)),
        Field::Ha => put(&mut spec.ha, reader.yes_or_no(value)),
        Field::KubectlAccess => spec.kubectl_access = reader.networks(value, true),
        Field::UiAccess => spec.ui_access = reader.networks(value, true),
        Field::Tags => put(&mut spec.tags, reader.texts(value)),
        Field::SystemPool if value.as_bool() == Some(false) => spec.system_pool = None,
        Field::SystemPool => {
            let pool = reader.system_pool(value);
            put(&mut spec.system_pool, pool.map(Some));
        }
        Field::Stops => put(&mut spec.stops, reader.stops(value)),
        Field::Budget => spec.budget_month = reader.micro(value).map(MicroUsd),
        Field::GpuSlices => {
            spec.gpu_slices = reader.whole(value).and_then(|one| {
                let slices = u8::try_from(one).ok();
                if slices.is_none() {
                    reader.not_whole(value);
                }
                slices
            });
        }
        Field::FirewallRules => put(&mut spec.firewall_rules, reader.firewall_rules(value)),
        Field::Whole => {}
    }
}

fn put<V>(field: &mut V, value: Option<V>) {
    if let Some(value) = value {
        *field = value;
    }
}

/// A version in quotes: a bare number would lose its last zero.
fn version(reader: &mut Reader<'_>, value: &Expression) -> Option<String> {
    if !value.is_number() {
        return reader.text(value);
    }
    let found = reader.raw(value);
    let wrong = Diagnostic::error(
        reader.field,
        T::VersionNumber {
            found: found.clone(),
        },
    )
    .why(T::VersionNumberWhy)
    .correct(format!("\"{found}\""))
    .fix(T::VersionNumberFix { found });
    reader.say(value, wrong);
    None
}
