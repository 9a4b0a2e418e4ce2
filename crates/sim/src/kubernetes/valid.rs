//! What the API server refuses in an object although every field is known: labels that are none, and
//! what a workload, a binding or a Service cannot be, or cannot become.

use serde_json::{Value, json};

use super::kinds::Kind;
use super::peek::{at, list, number, text};
use super::status::Refusal;

/// A field, and what is wrong with it.
type Wrong = (&'static str, String);

const LABEL: &str = "a valid label must be an empty string or consist of alphanumeric characters, \
    '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or \
    'my_value',  or '12345', regex used for validation is \
    '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')";

/// Checks a new object, or a changed one against what it was.
pub(super) fn check(
    kind: &Kind,
    name: &str,
    before: Option<&Value>,
    object: &Value,
) -> Result<(), Refusal> {
    let mut wrong = Vec::new();
    labels(object, &mut wrong);
    match (kind.group, kind.resource) {
        ("apps", "deployments" | "replicasets" | "statefulsets" | "daemonsets") => {
            workload(kind, before, object, &mut wrong);
        }
        ("batch", "cronjobs") => schedule(object, &mut wrong),
        ("rbac.authorization.k8s.io", "rolebindings" | "clusterrolebindings") => {
            let role = |of: &Value| of.get("roleRef").cloned();
            if before.is_some_and(|before| role(before) != role(object)) {
                let of = |field: &str| text(object, &format!("/roleRef/{field}")).to_owned();
                let wanted = json!({
                    "APIGroup": of("apiGroup"), "Kind": of("kind"), "Name": of("name"),
                });
                wrong.push((
                    "roleRef",
                    format!("Invalid value: {wanted}: cannot change roleRef"),
                ));
            }
        }
        ("", "services") => node_ports(object, &mut wrong),
        _ => {}
    }
    if wrong.is_empty() {
        return Ok(());
    }
    Err(Refusal::invalid_in(kind, name, &wrong))
}

fn labels(object: &Value, wrong: &mut Vec<Wrong>) {
    let all = at(object, "/metadata/labels").and_then(Value::as_object);
    for value in all
        .into_iter()
        .flatten()
        .filter_map(|(_, one)| one.as_str())
    {
        let end = |c: char| c.is_ascii_alphanumeric();
        let fits = value.is_empty()
            || (value.starts_with(end)
                && value.ends_with(end)
                && value
                    .chars()
                    .all(|c| end(c) || matches!(c, '-' | '_' | '.')));
        if !fits {
            wrong.push((
                "metadata.labels",
                format!("Invalid value: \"{value}\": {LABEL}"),
            ));
        }
    }
}

fn workload(kind: &Kind, before: Option<&Value>, object: &Value, wrong: &mut Vec<Wrong>) {
    let selector = at(object, "/spec/selector");
    let chosen = selector.and_then(|one| one.get("matchLabels")?.as_object());
    let none = json!({});
    let labels = at(object, "/spec/template/metadata/labels").unwrap_or(&none);
    let mut chosen = chosen.into_iter().flatten();
    if !chosen.all(|(name, value)| labels.get(name) == Some(value)) {
        let why = format!("Invalid value: {labels}: `selector` does not match template `labels`");
        wrong.push(("spec.template.metadata.labels", why));
    }
    let was = before.map(|before| at(before, "/spec/selector"));
    if was.is_some_and(|was| was != selector) {
        let now = selector.unwrap_or(&Value::Null);
        wrong.push((
            "spec.selector",
            format!("Invalid value: {now}: field is immutable"),
        ));
    }
    let replicas = number(object, "/spec/replicas");
    if replicas < 0 && kind.resource != "daemonsets" {
        let why = format!("Invalid value: {replicas}: must be greater than or equal to 0");
        wrong.push(("spec.replicas", why));
    }
}

fn schedule(object: &Value, wrong: &mut Vec<Wrong>) {
    let schedule = text(object, "/spec/schedule");
    let fields = schedule.split_whitespace().count();
    if !schedule.starts_with('@') && fields != 5 {
        let why = format!(
            "Invalid value: \"{schedule}\": expected exactly 5 fields, found {fields}: [{schedule}]"
        );
        wrong.push(("spec.schedule", why));
    }
}

fn node_ports(object: &Value, wrong: &mut Vec<Wrong>) {
    for port in list(object, "/spec/ports") {
        let number = number(port, "/nodePort");
        if number != 0 && !(30_000..=32_767).contains(&number) {
            let why = format!(
                "Invalid value: {number}: provided port is not in the valid range. The range of \
                 valid ports is 30000-32767"
            );
            wrong.push(("spec.ports[0].nodePort", why));
        }
    }
}
