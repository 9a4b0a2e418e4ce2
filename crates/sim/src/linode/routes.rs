//! The table of endpoints.

use std::sync::LazyLock;

use super::reply::Answer;
use super::{
    Call, account, acl, catalog, children, clusters, defaults, devices, firewalls, instances,
    invoices, kubeconfig, locks, nodes, pools, tags,
};
use crate::store::World;

/// What an endpoint does.
type Act = fn(&mut World, &Call) -> Answer;

/// One endpoint.
pub(super) struct Route {
    pub method: &'static str,
    /// Without the version; `{id}` is one segment.
    pub path: &'static str,
    /// The scope that it needs; `None`: not even a token.
    pub scope: Option<&'static str>,
    /// A paginated list, with a rate limit of its own.
    pub collection: bool,
    pub act: Act,
}

const fn one(
    method: &'static str,
    path: &'static str,
    scope: Option<&'static str>,
    act: Act,
) -> Route {
    Route {
        method,
        path,
        scope,
        collection: false,
        act,
    }
}

const fn list(path: &'static str, scope: Option<&'static str>, act: Act) -> Route {
    Route {
        method: "GET",
        path,
        scope,
        collection: true,
        act,
    }
}

/// Any valid token will do.
const ANY: Option<&str> = Some("*");
const ACCOUNT: Option<&str> = Some("account:read_only");
const EVENTS: Option<&str> = Some("events:read_only");
const LKE_READ: Option<&str> = Some("lke:read_only");
const LKE: Option<&str> = Some("lke:read_write");
const FIREWALL_READ: Option<&str> = Some("firewall:read_only");
const FIREWALL: Option<&str> = Some("firewall:read_write");
const BALANCERS_READ: Option<&str> = Some("nodebalancers:read_only");
const BALANCERS: Option<&str> = Some("nodebalancers:read_write");
const VOLUMES_READ: Option<&str> = Some("volumes:read_only");
const VOLUMES: Option<&str> = Some("volumes:read_write");
const LINODES_READ: Option<&str> = Some("linodes:read_only");
const LINODES: Option<&str> = Some("linodes:read_write");

/// All endpoints. A path with words comes before one with `{id}` in the same place.
#[rustfmt::skip]
const ROUTES: &[Route] = &[
    one("GET", "/profile", ANY, account::profile),
    one("GET", "/profile/grants", ANY, account::grants),
    list("/profile/tokens", ACCOUNT, account::tokens),
    one("GET", "/profile/tokens/{id}", ACCOUNT, account::token),
    one("GET", "/account", ACCOUNT, account::get),
    one("GET", "/account/settings", ACCOUNT, account::settings),
    one("GET", "/account/transfer", ACCOUNT, account::transfer),
    list("/account/availability", ACCOUNT, account::availability),
    one("GET", "/account/availability/{id}", ACCOUNT, account::region_availability),
    list("/account/events", EVENTS, account::events),
    one("GET", "/account/events/{id}", EVENTS, account::event),
    one("POST", "/account/events/{id}/seen", EVENTS, account::event_seen),
    list("/account/invoices", ACCOUNT, invoices::list),
    one("GET", "/account/invoices/{id}", ACCOUNT, invoices::get),
    list("/account/invoices/{id}/items", ACCOUNT, invoices::items),
    list("/tags", ACCOUNT, tags::list),
    list("/tags/{id}", ACCOUNT, tags::objects),
    list("/locks", ANY, locks::list),
    one("POST", "/locks", ANY, locks::create),
    one("GET", "/locks/{id}", ANY, locks::get),
    one("DELETE", "/locks/{id}", ANY, locks::delete),

    list("/regions", None, catalog::regions),
    list("/regions/availability", None, catalog::availability),
    one("GET", "/regions/{id}", None, catalog::region),
    one("GET", "/regions/{id}/availability", None, catalog::region_availability),
    list("/linode/types", None, catalog::types),
    one("GET", "/linode/types/{id}", None, catalog::instance_type),
    list("/lke/versions", LKE_READ, catalog::versions),
    one("GET", "/lke/versions/{id}", LKE_READ, catalog::version),
    list("/lke/tiers/{id}/versions", LKE_READ, catalog::tier_versions),
    one("GET", "/lke/tiers/{id}/versions/{id}", LKE_READ, catalog::tier_version),
    list("/lke/types", None, catalog::lke_types),
    list("/nodebalancers/types", None, catalog::nodebalancer_types),
    list("/volumes/types", None, catalog::volume_types),
    list("/network-transfer/prices", None, catalog::transfer_prices),

    list("/lke/clusters", LKE_READ, clusters::list),
    one("POST", "/lke/clusters", LKE, clusters::create),
    one("GET", "/lke/clusters/{id}", LKE_READ, clusters::get),
    one("PUT", "/lke/clusters/{id}", LKE, clusters::update),
    one("DELETE", "/lke/clusters/{id}", LKE, clusters::delete),
    one("POST", "/lke/clusters/{id}/recycle", LKE, nodes::recycle_cluster),
    one("GET", "/lke/clusters/{id}/kubeconfig", LKE, kubeconfig::get),
    one("DELETE", "/lke/clusters/{id}/kubeconfig", LKE, kubeconfig::delete),
    one("DELETE", "/lke/clusters/{id}/servicetoken", LKE, kubeconfig::delete_service_token),
    one("POST", "/lke/clusters/{id}/regenerate", LKE, kubeconfig::regenerate),
    list("/lke/clusters/{id}/api-endpoints", LKE_READ, kubeconfig::endpoints),
    one("GET", "/lke/clusters/{id}/dashboard", LKE_READ, kubeconfig::dashboard),
    one("GET", "/lke/clusters/{id}/control_plane_acl", LKE_READ, acl::get),
    one("PUT", "/lke/clusters/{id}/control_plane_acl", LKE, acl::put),
    one("DELETE", "/lke/clusters/{id}/control_plane_acl", LKE, acl::delete),
    list("/lke/clusters/{id}/pools", LKE_READ, pools::list),
    one("POST", "/lke/clusters/{id}/pools", LKE, pools::create),
    one("GET", "/lke/clusters/{id}/pools/{id}", LKE_READ, pools::get),
    one("PUT", "/lke/clusters/{id}/pools/{id}", LKE, pools::update),
    one("DELETE", "/lke/clusters/{id}/pools/{id}", LKE, pools::delete),
    one("POST", "/lke/clusters/{id}/pools/{id}/recycle", LKE, nodes::recycle_pool),
    one("GET", "/lke/clusters/{id}/nodes/{id}", LKE, nodes::get),
    one("DELETE", "/lke/clusters/{id}/nodes/{id}", LKE, nodes::delete),
    one("POST", "/lke/clusters/{id}/nodes/{id}/recycle", LKE, nodes::recycle),

    list("/networking/firewalls", FIREWALL_READ, firewalls::list),
    one("POST", "/networking/firewalls", FIREWALL, firewalls::create),
    one("GET", "/networking/firewalls/settings", FIREWALL_READ, defaults::settings),
    one("PUT", "/networking/firewalls/settings", FIREWALL, defaults::put_settings),
    list("/networking/firewalls/templates", ANY, defaults::templates),
    one("GET", "/networking/firewalls/templates/{id}", ANY, defaults::one_template),
    one("GET", "/networking/firewalls/{id}", FIREWALL_READ, firewalls::get),
    one("PUT", "/networking/firewalls/{id}", FIREWALL, firewalls::update),
    one("DELETE", "/networking/firewalls/{id}", FIREWALL, firewalls::delete),
    one("GET", "/networking/firewalls/{id}/rules", FIREWALL_READ, firewalls::rules),
    one("PUT", "/networking/firewalls/{id}/rules", FIREWALL, firewalls::put_rules),
    list("/networking/firewalls/{id}/history", FIREWALL_READ, firewalls::history),
    one("GET", "/networking/firewalls/{id}/history/rules/{id}", FIREWALL_READ, firewalls::history_rules),
    list("/networking/firewalls/{id}/devices", FIREWALL_READ, devices::list),
    one("POST", "/networking/firewalls/{id}/devices", FIREWALL, devices::create),
    one("GET", "/networking/firewalls/{id}/devices/{id}", FIREWALL_READ, devices::get),
    one("DELETE", "/networking/firewalls/{id}/devices/{id}", FIREWALL, devices::delete),

    list("/nodebalancers", BALANCERS_READ, children::nodebalancers),
    one("POST", "/nodebalancers", BALANCERS, children::create_nodebalancer),
    one("GET", "/nodebalancers/{id}", BALANCERS_READ, children::nodebalancer),
    one("DELETE", "/nodebalancers/{id}", BALANCERS, children::delete_nodebalancer),
    list("/nodebalancers/{id}/firewalls", BALANCERS_READ, children::nodebalancer_firewalls),
    list("/volumes", VOLUMES_READ, children::volumes),
    one("POST", "/volumes", VOLUMES, children::create_volume),
    one("GET", "/volumes/{id}", VOLUMES_READ, children::volume),
    one("DELETE", "/volumes/{id}", VOLUMES, children::delete_volume),
    one("POST", "/volumes/{id}/attach", VOLUMES, children::attach_volume),
    one("POST", "/volumes/{id}/detach", VOLUMES, children::detach_volume),

    list("/linode/instances", LINODES_READ, instances::list),
    one("GET", "/linode/instances/{id}", LINODES_READ, instances::get),
    one("DELETE", "/linode/instances/{id}", LINODES, instances::delete),
    list("/linode/instances/{id}/firewalls", LINODES_READ, instances::firewalls),
    list("/linode/instances/{id}/volumes", LINODES_READ, instances::volumes),
];

/// An endpoint and the segments of its path.
type Split = (&'static Route, Vec<&'static str>);

/// The endpoints by the number of segments in their path, each with these segments.
static SPLIT: LazyLock<Vec<Vec<Split>>> = LazyLock::new(|| {
    let mut all: Vec<Vec<Split>> = Vec::new();
    for route in ROUTES {
        let segments: Vec<&str> = route.path.split('/').collect();
        all.resize_with(all.len().max(segments.len() + 1), Vec::new);
        all[segments.len()].push((route, segments));
    }
    all
});

/// The endpoint of a path, and what stands in the places of `{id}`.
pub(super) fn find(method: &str, path: &str) -> Option<(&'static Route, Vec<String>)> {
    let given: Vec<&str> = path.split('/').collect();
    let fits = |wanted: &[&str]| {
        let mut pairs = wanted.iter().zip(&given);
        pairs.all(|(word, segment)| match *word {
            "{id}" => !segment.is_empty(),
            word => word == *segment,
        })
    };
    let found = |(route, wanted): &&Split| route.method == method && fits(wanted);
    let (route, wanted) = SPLIT.get(given.len())?.iter().find(found)?;
    let ids = wanted
        .iter()
        .zip(given)
        .filter(|(word, _)| **word == "{id}");
    Some((route, ids.map(|(_, id)| id.to_owned()).collect()))
}
