//! The parts of an indexed Job: which of them a pod does, and which are done.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::super::peek::{map, map_text};

/// Which of an indexed Job's parts a pod does.
const INDEX: &str = "batch.kubernetes.io/job-completion-index";
/// Which part a pod does.
pub(super) fn index_of(pod: &Value) -> Option<u64> {
    let index = map_text(pod, "/metadata/annotations", INDEX);
    index.parse().ok()
}

/// Reads `0-2,4`.
pub(super) fn indexes(written: &str) -> BTreeSet<u64> {
    let ranges = written.split(',').filter_map(|one| {
        let (from, to) = one.split_once('-').unwrap_or((one, one));
        Some(from.parse::<u64>().ok()?..=to.parse::<u64>().ok()?)
    });
    ranges.flatten().collect()
}

/// Writes `0-2,4`.
pub(super) fn written(indexes: &BTreeSet<u64>) -> String {
    let mut ranges: Vec<(u64, u64)> = Vec::new();
    for index in indexes {
        match ranges.last_mut() {
            Some((_, to)) if *to + 1 == *index => *to = *index,
            Some(_) | None => ranges.push((*index, *index)),
        }
    }
    let range = |(from, to): &(u64, u64)| match to - from {
        0 => from.to_string(),
        _ => format!("{from}-{to}"),
    };
    ranges.iter().map(range).collect::<Vec<_>>().join(",")
}

/// A pod of an indexed Job knows which part it does.
pub(super) fn mark(pod: &mut Value, job: &str, index: u64) {
    map(pod, "metadata");
    for part in ["annotations", "labels"] {
        map(&mut pod["metadata"], part).insert(INDEX.to_owned(), json!(index.to_string()));
    }
    map(pod, "spec").insert("hostname".to_owned(), json!(format!("{job}-{index}")));
    for part in ["/spec/initContainers", "/spec/containers"] {
        let all = pod.pointer_mut(part).and_then(Value::as_array_mut);
        for container in all.into_iter().flatten().filter(|one| one.is_object()) {
            let path = format!("metadata.labels['{INDEX}']");
            let from = json!({"fieldRef": {"apiVersion": "v1", "fieldPath": path}});
            let variable = json!({"name": "JOB_COMPLETION_INDEX", "valueFrom": from});
            match container["env"].as_array_mut() {
                Some(all) => all.push(variable),
                None => container["env"] = json!([variable]),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{indexes, written};

    #[test]
    fn what_is_written_of_parts_is_read_back() {
        for text in ["", "3", "0-2,4", "0,2-3,9-11"] {
            assert_eq!(written(&indexes(text)), text);
        }
    }
}
