//! The annotation of a Service by which Linode's cloud controller manager keeps a firewall before its
//! NodeBalancer.

use ipnet::IpNet;
use serde_json::{Map, Value, json};

/// Who is let in, as JSON in a text.
const ACL: &str = "service.beta.kubernetes.io/linode-loadbalancer-firewall-acl";

/// The patch: this annotation and nothing else.
pub(crate) fn annotation(list: &[IpNet]) -> Value {
    let mut families = Map::new();
    for (name, v6) in [("ipv4", false), ("ipv6", true)] {
        let of_it = list.iter().filter(|net| net.addr().is_ipv6() == v6);
        let nets: Vec<String> = of_it.map(ToString::to_string).collect();
        // Linode refuses an empty list of a family.
        if !nets.is_empty() {
            families.insert(name.to_owned(), json!(nets));
        }
    }
    let acl = json!({ "allowList": families }).to_string();
    json!({ "metadata": { "annotations": { ACL: acl } } })
}

#[cfg(test)]
mod tests {
    use super::annotation;

    #[test]
    fn a_family_without_addresses_is_left_out() {
        let nets = |all: &[&str]| {
            all.iter()
                .map(|one| one.parse().unwrap())
                .collect::<Vec<_>>()
        };
        let one = annotation(&nets(&["203.0.113.7/32", "192.0.2.0/24"])).to_string();
        assert!(
            one.contains(r#"{\"allowList\":{\"ipv4\":[\"203.0.113.7/32\",\"192.0.2.0/24\"]}}"#),
            "{one}"
        );
        let both = annotation(&nets(&["203.0.113.7/32", "2001:db8::/48"])).to_string();
        assert!(both.contains(r#"\"ipv6\":[\"2001:db8::/48\"]"#), "{both}");
    }
}
