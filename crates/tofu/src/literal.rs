//! Literal values: text, numbers, yes or no, lists. Everything else is said to be none.

use crate::excerpt::Source;
use crate::texts::TofuText as T;
use domain::diagnostic::{Diagnostic, Field};
use hcl_edit::Span;
use hcl_edit::expr::{Expression, UnaryOperator};
use std::ops::Range;

/// A variable that is being read: where problems go and what they are called.
pub(crate) struct Reader<'a> {
    /// The file.
    pub source: Source<'a>,
    /// Where the statement begins in the file.
    pub base: usize,
    /// The variable.
    pub name: &'a str,
    /// The field that it sets.
    pub field: Field,
    /// Problems.
    pub out: &'a mut Vec<Diagnostic>,
}

impl Reader<'_> {
    /// Where an expression stands in the file.
    pub(crate) fn range(&self, expr: &Expression) -> Range<usize> {
        let span = expr.span().unwrap_or(0..0);
        self.base + span.start..self.base + span.end
    }

    /// An expression as it stands in the file.
    pub(crate) fn raw(&self, expr: &Expression) -> String {
        self.source.raw(&self.range(expr)).to_owned()
    }

    pub(crate) fn quoted(&self, expr: &Expression) -> String {
        self.source.quote(&self.range(expr))
    }

    /// A problem at an expression.
    pub(crate) fn say(&mut self, at: &Expression, diagnostic: Diagnostic) {
        self.say_at(self.range(at).start, diagnostic);
    }

    /// A problem at a byte of the file.
    pub(crate) fn say_at(&mut self, offset: usize, mut diagnostic: Diagnostic) {
        diagnostic.place = Some(self.source.place(offset));
        self.out.push(diagnostic);
    }

    fn wrong_type(&mut self, at: &Expression, what: T, fix: T, correction: Option<String>) {
        let wrong = Diagnostic::error(self.field, what).why(T::TypeWhy).fix(fix);
        let wrong = match correction {
            Some(literal) => wrong.correct(literal),
            None => wrong,
        };
        self.say(at, wrong);
    }

    /// Says what is no literal in an expression; whether it is one.
    pub(crate) fn is_literal(&mut self, expr: &Expression) -> bool {
        let Some((at, what)) = self.first_computed(expr) else {
            return true;
        };
        let named = matches!(what, T::Name { .. });
        let found = self.quoted(at);
        let computed = Diagnostic::error(self.field, what).why(T::OnlyLiterals);
        let computed = if named {
            let quoted = format!("\"{found}\"");
            let whole = std::ptr::eq(at, expr);
            let fixed = computed.fix(T::NameFix { found });
            if whole { fixed.correct(quoted) } else { fixed }
        } else {
            computed.fix(T::OnlyLiteralsFix)
        };
        self.say(at, computed);
        false
    }

    /// The first part of an expression that would have to be computed.
    fn first_computed<'e>(&self, expr: &'e Expression) -> Option<(&'e Expression, T)> {
        let (name, found) = (self.name.to_owned(), self.quoted(expr));
        let what = match expr {
            Expression::Null(_)
            | Expression::Bool(_)
            | Expression::Number(_)
            | Expression::String(_) => return None,
            Expression::UnaryOp(op)
                if *op.operator.value() == UnaryOperator::Neg
                    && matches!(op.expr, Expression::Number(_)) =>
            {
                return None;
            }
            Expression::Array(list) => {
                return list.iter().find_map(|one| self.first_computed(one));
            }
            Expression::Object(object) => {
                return object
                    .iter()
                    .find_map(|(_, value)| self.first_computed(value.expr()));
            }
            Expression::Variable(_) => T::Name { name, found },
            Expression::FuncCall(_) => T::Function { name, found },
            Expression::HeredocTemplate(_) => T::Heredoc { name },
            Expression::StringTemplate(_) => T::Template { name, found },
            Expression::Parenthesis(_)
            | Expression::Conditional(_)
            | Expression::Traversal(_)
            | Expression::UnaryOp(_)
            | Expression::BinaryOp(_)
            | Expression::ForExpr(_) => T::Expression { name, found },
        };
        Some((expr, what))
    }

    /// A text in quotes.
    pub(crate) fn text(&mut self, expr: &Expression) -> Option<String> {
        if let Some(text) = expr.as_str() {
            return Some(text.to_owned());
        }
        let plain = matches!(expr, Expression::Number(_) | Expression::Bool(_));
        let correction = plain.then(|| format!("\"{}\"", self.raw(expr)));
        let what = T::ExpectedText {
            name: self.name.to_owned(),
            found: self.quoted(expr),
        };
        self.wrong_type(expr, what, T::TextFix, correction);
        None
    }

    /// A whole number from 0.
    pub(crate) fn whole(&mut self, expr: &Expression) -> Option<u32> {
        let (name, raw) = (self.name.to_owned(), self.raw(expr));
        if !is_number(expr) {
            let inner = expr.as_str().filter(|text| text.parse::<u32>().is_ok());
            let correction = inner.map(ToOwned::to_owned);
            let what = T::ExpectedNumber {
                name,
                found: self.quoted(expr),
            };
            self.wrong_type(expr, what, T::NumberFix, correction);
            return None;
        }
        let whole = raw.strip_suffix(".0").unwrap_or(&raw).parse().ok();
        if whole.is_none() {
            self.not_whole(expr);
        }
        whole
    }

    /// Says that a number is none of the whole ones that fit here.
    pub(crate) fn not_whole(&mut self, expr: &Expression) {
        let name = self.name.to_owned();
        let what = T::ExpectedWholeNumber {
            name,
            found: self.quoted(expr),
        };
        self.wrong_type(expr, what, T::NumberFix, None);
    }

    /// An amount of dollars in millionths, read digit by digit.
    pub(crate) fn micro(&mut self, expr: &Expression) -> Option<i64> {
        let raw = self.raw(expr);
        let amount = Some(raw.as_str())
            .filter(|_| is_number(expr))
            .and_then(micro);
        if amount.is_none() {
            let inner = expr.as_str().filter(|text| micro(text).is_some());
            let correction = inner.map(ToOwned::to_owned);
            let what = T::ExpectedAmount {
                name: self.name.to_owned(),
                found: self.quoted(expr),
            };
            self.wrong_type(expr, what, T::AmountFix, correction);
        }
        amount
    }

    /// `true` or `false`.
    pub(crate) fn yes_or_no(&mut self, expr: &Expression) -> Option<bool> {
        if let Some(value) = expr.as_bool() {
            return Some(value);
        }
        let inner = expr
            .as_str()
            .filter(|text| ["true", "false"].contains(text));
        let correction = inner.map(ToOwned::to_owned);
        let what = T::ExpectedBool {
            name: self.name.to_owned(),
            found: self.quoted(expr),
        };
        self.wrong_type(expr, what, T::BoolFix, correction);
        None
    }

    /// The entries of a list.
    pub(crate) fn list<'e>(&mut self, expr: &'e Expression) -> Option<Vec<&'e Expression>> {
        if let Some(list) = expr.as_array() {
            return Some(list.iter().collect());
        }
        let correction = expr.as_str().map(|_| format!("[{}]", self.raw(expr)));
        let what = T::ExpectedList {
            name: self.name.to_owned(),
            found: self.quoted(expr),
        };
        self.wrong_type(expr, what, T::ListFix, correction);
        None
    }

    /// The entries of a list of texts.
    pub(crate) fn texts(&mut self, expr: &Expression) -> Option<Vec<String>> {
        let entries = self.list(expr)?;
        let texts: Vec<Option<String>> = entries.into_iter().map(|one| self.entry(one)).collect();
        texts.into_iter().collect()
    }

    /// A text inside of a list: a correction would replace the whole list, so there is none.
    pub(crate) fn entry(&mut self, expr: &Expression) -> Option<String> {
        if let Some(text) = expr.as_str() {
            return Some(text.to_owned());
        }
        let what = T::ExpectedText {
            name: self.name.to_owned(),
            found: self.quoted(expr),
        };
        self.wrong_type(expr, what, T::TextFix, None);
        None
    }
}

fn is_number(expr: &Expression) -> bool {
    if let Expression::UnaryOp(op) = expr {
        op.expr.is_number()
    } else {
        expr.is_number()
    }
}

/// `12.5` is 12,500,000; at most six decimals, no exponent.
fn micro(raw: &str) -> Option<i64> {
    let (sign, digits) = raw
        .strip_prefix('-')
        .map_or((1, raw), |rest| (-1, rest.trim()));
    let (whole, decimals) = digits.split_once('.').unwrap_or((digits, "0"));
    let all_digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    if !all_digits(whole) || !all_digits(decimals) || decimals.len() > 6 {
        return None;
    }
    let whole: i64 = whole.parse().ok()?;
    let decimals: i64 = format!("{decimals:0<6}").parse().ok()?;
    Some(sign * whole.checked_mul(1_000_000)?.checked_add(decimals)?)
}
