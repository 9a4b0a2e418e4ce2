//! How much of what: what a pod asks for and what a node can give, by resource.

use std::collections::BTreeMap;

use serde_json::Value;

use super::peek::{at, list, text};
use super::quantity;

/// Cores in thousandths; all else in whole units, rounded up. `pods` counts pods.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Amounts(BTreeMap<String, u64>);

impl Amounts {
    /// What a pod asks for: its containers and sidecars together, or the start of an init container
    /// beside the sidecars before it where that is more, and the runtime's overhead.
    pub(super) fn asked(spec: &Value) -> Self {
        let mut running = Self::default();
        for one in list(spec, "/containers") {
            running.add(&Self::wished(one));
        }
        let (mut beside, mut peak) = (Self::default(), Self::default());
        for one in list(spec, "/initContainers") {
            let mut wished = Self::wished(one);
            if text(one, "/restartPolicy") == "Always" {
                beside.add(&wished);
            } else {
                wished.add(&beside);
                peak.raise(&wished);
            }
        }
        running.add(&beside);
        running.raise(&peak);
        running.add(&Self::read(spec.get("overhead")));
        running.0.insert("pods".to_owned(), 1);
        running
    }

    /// What a node can give.
    pub(super) fn given(node: &Value) -> Self {
        Self::read(at(node, "/status/allocatable"))
    }

    /// The requests of a container; a limit alone is a request too.
    pub(super) fn wished(container: &Value) -> Self {
        let mut out = Self::read(at(container, "/resources/limits"));
        out.0
            .extend(Self::read(at(container, "/resources/requests")).0);
        out
    }

    fn read(all: Option<&Value>) -> Self {
        let each = all.and_then(Value::as_object).into_iter().flatten();
        let amount = |(name, value): (&String, &Value)| {
            // A number may stand for its text.
            let number = value.is_number().then(|| value.to_string());
            let text = number.as_deref().or(value.as_str())?;
            let thousandths = quantity::thousandths(text)?;
            let amount = if name == "cpu" {
                thousandths
            } else {
                thousandths.div_ceil(1000)
            };
            Some((name.clone(), u64::try_from(amount).unwrap_or(u64::MAX)))
        };
        Self(each.filter_map(amount).collect())
    }

    /// How much of one resource.
    pub(super) fn get(&self, resource: &str) -> u64 {
        self.0.get(resource).copied().unwrap_or(0)
    }

    pub(super) fn add(&mut self, other: &Self) {
        for (name, amount) in &other.0 {
            let own = self.0.entry(name.clone()).or_default();
            *own = own.saturating_add(*amount);
        }
    }

    pub(super) fn take(&mut self, other: &Self) {
        for (name, amount) in &other.0 {
            if let Some(own) = self.0.get_mut(name) {
                *own = own.saturating_sub(*amount);
            }
        }
    }

    fn raise(&mut self, other: &Self) {
        for (name, amount) in &other.0 {
            let own = self.0.entry(name.clone()).or_default();
            *own = (*own).max(*amount);
        }
    }

    /// What is too little for `asked` on a node that gives `self` and has given `load`: the
    /// scheduler's words, and whether a node that is empty would do.
    pub(super) fn lacks(&self, load: &Self, asked: &Self) -> Vec<(String, bool)> {
        let short = |(name, want): (&String, &u64)| {
            let all = self.get(name);
            let lacks = *want > 0 && want.saturating_add(load.get(name)) > all;
            lacks.then(|| {
                let words = match name.as_str() {
                    "pods" => "Too many pods".to_owned(),
                    name => format!("Insufficient {name}"),
                };
                (words, *want <= all)
            })
        };
        asked.0.iter().filter_map(short).collect()
    }

    /// How full a node is with `load`, in millionths, cores and memory alike.
    pub(super) fn fullness(&self, load: &Self) -> u64 {
        let part = |name: &str| {
            let all = u128::from(self.get(name)).max(1);
            u64::try_from(u128::from(load.get(name)) * 1_000_000 / all).unwrap_or(u64::MAX)
        };
        part("cpu").saturating_add(part("memory")) / 2
    }
}

#[cfg(test)]
mod tests {
    use super::Amounts;
    use serde_json::json;

    #[test]
    fn a_pod_asks_for_its_containers_or_for_the_greatest_start_of_it() {
        let one = |cpu: &str| json!({"resources": {"requests": {"cpu": cpu}}});
        let mut sidecar = one("100m");
        sidecar["restartPolicy"] = json!("Always");
        let pod = json!({
            "containers": [one("1"), {"resources": {"limits": {"nvidia.com/gpu": 2}}}],
            "initContainers": [one("1050m"), sidecar, one("1.2")],
            "overhead": {"cpu": "5m"},
        });
        let asked = Amounts::asked(&pod);
        assert_eq!(asked.get("cpu"), 1305, "100m beside 1.2, and 5m over");
        assert_eq!((asked.get("nvidia.com/gpu"), asked.get("pods")), (2, 1));
    }

    #[test]
    fn what_a_node_lacks_is_told_with_whether_an_empty_one_would_do() {
        let node = json!({"status": {"allocatable": {"cpu": "2", "memory": "1Gi", "pods": "1"}}});
        let given = Amounts::given(&node);
        let pod = |cpu: &str| {
            Amounts::asked(&json!({"containers": [{"resources": {"requests": {"cpu": cpu}}}]}))
        };
        assert_eq!(given.lacks(&Amounts::default(), &pod("2")), []);
        let told = given.lacks(&pod("1"), &pod("1500m"));
        let words = [("Insufficient cpu", true), ("Too many pods", true)];
        assert_eq!(told, words.map(|(words, would)| (words.to_owned(), would)));
        assert!(!given.lacks(&Amounts::default(), &pod("2001m"))[0].1);
    }
}
