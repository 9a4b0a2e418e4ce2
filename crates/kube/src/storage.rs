//! Our StorageClass.

use std::collections::BTreeMap;

use k8s_openapi::api::storage::v1::StorageClass;
use kube::core::ObjectMeta;
use serde_json::{Value, json};

use crate::read::DRIVER;

/// Its name.
pub(crate) const NAME: &str = "quaylight";
/// Marks the class that claims without a class get.
const DEFAULT: &str = "storageclass.kubernetes.io/is-default-class";

/// The class: volumes go with their claims, and bear these tags.
pub(crate) fn class(tags: &[String]) -> StorageClass {
    let tags = (
        "linodebs.csi.linode.com/volumeTags".to_owned(),
        tags.join(","),
    );
    StorageClass {
        metadata: ObjectMeta {
            name: Some(NAME.to_owned()),
            annotations: Some(BTreeMap::from([(DEFAULT.to_owned(), "true".to_owned())])),
            ..ObjectMeta::default()
        },
        provisioner: DRIVER.to_owned(),
        parameters: Some(BTreeMap::from([tags])),
        reclaim_policy: Some("Delete".to_owned()),
        volume_binding_mode: Some("Immediate".to_owned()),
        allow_volume_expansion: Some(true),
        ..StorageClass::default()
    }
}

/// The names of the other classes that are called the default.
pub(crate) fn other_defaults(all: Vec<StorageClass>) -> Vec<String> {
    let is_default = |one: &StorageClass| {
        let annotations = one.metadata.annotations.as_ref();
        annotations.is_some_and(|all| all.get(DEFAULT).is_some_and(|yes| yes == "true"))
    };
    let others = all.into_iter().filter(is_default);
    let names = others.filter_map(|one| one.metadata.name);
    names.filter(|name| name != NAME).collect()
}

/// The patch that makes a class no default any more.
pub(crate) fn no_default() -> Value {
    json!({"metadata": {"annotations": {DEFAULT: "false"}}})
}
