//! When it stops and what may be spent.

use super::{RuleText as T, Scene};
use crate::diagnostic::{Diagnostic, Field};
use crate::money::MicroUsd;
use crate::quote::quote;
use crate::spec::Stops;

pub(super) fn stops(scene: &Scene<'_>, out: &mut Vec<Diagnostic>) {
    let what = match scene.spec.stops {
        Stops::At(at) if at <= scene.now => T::StopPast { at },
        Stops::AfterMinutes(0) => T::StopAtOnce,
        Stops::At(_) | Stops::AfterMinutes(_) | Stops::Never => return,
    };
    out.push(
        Diagnostic::error(Field::Stops, what)
            .why(T::StopWhy)
            .fix(T::StopFix),
    );
}

pub(super) fn budget(scene: &Scene<'_>, out: &mut Vec<Diagnostic>) {
    let Some(budget) = scene.spec.budget_month else {
        return;
    };
    if budget <= MicroUsd::ZERO {
        out.push(
            Diagnostic::error(Field::Budget, T::BudgetZero)
                .why(T::BudgetZeroWhy)
                .fix(T::BudgetZeroFix),
        );
        return;
    }
    let Some(catalog) = scene.catalog else { return };
    let quote = quote(scene.spec, catalog, scene.now);
    let over = |month: MicroUsd| month > budget;
    let what = match (quote.from_start, quote.at_most) {
        (Some(start), _) if over(start.month) => T::BudgetUnderStart {
            budget,
            month: start.month,
        },
        (_, Some(most)) if over(most.month) => T::BudgetUnderMost {
            budget,
            month: most.month,
        },
        _ => return,
    };
    out.push(
        Diagnostic::warning(Field::Budget, what)
            .why(T::BudgetWhy)
            .fix(T::BudgetFix),
    );
}
