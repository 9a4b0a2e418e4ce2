//! Every thing that a Spec will make, with its price: the review page.

use crate::catalog::Catalog;
use crate::preset;
use crate::quote::{Quote, Quoted};
use crate::spec::Spec;
use crate::text::Text;
use crate::texts;
use crate::view::{ItemChange, QuoteView, ReviewItem};

texts! {
    /// Things of a review.
    pub enum Item {
        /// The cluster.
        "item_cluster" Cluster { label: String, region: String },
        /// About it.
        "item_cluster_detail" ClusterDetail { version: String },
        /// A highly available control plane.
        "item_control_plane_ha" ControlPlaneHa,
        /// About it.
        "item_control_plane_ha_detail" ControlPlaneHaDetail,
        /// A single control plane.
        "item_control_plane" ControlPlane,
        /// The access list.
        "item_access_list" AccessList { addresses: Vec<String> },
        /// About it.
        "item_access_list_detail" AccessListDetail,
        /// The GPU pool.
        "item_gpu_pool" GpuPool { count: u32, title: String },
        /// About it, with an autoscaler.
        "item_gpu_pool_scales" GpuPoolScales { min: u32, max: u32, instance_type: String },
        /// About it, without one.
        "item_gpu_pool_fixed" GpuPoolFixed { instance_type: String },
        /// The system pool.
        "item_system_pool" SystemPool { count: u32, title: String },
        /// About it.
        "item_system_pool_detail" SystemPoolDetail,
        /// The firewall.
        "item_firewall" Firewall { label: String },
        /// About it.
        "item_firewall_detail" FirewallDetail { count: usize },
    }
}

/// The quote as the screen shows it.
pub fn quote_view(quote: &Quote) -> QuoteView {
    QuoteView {
        from_start: quote.from_start,
        at_most: quote.at_most,
        until_stop: quote.until_stop_at_most,
        stops: quote.stops_at,
        priced: Some(quote.priced_at),
    }
}

/// Every thing of a new deployment.
pub fn items(spec: &Spec, catalog: &Catalog, quote: &Quote) -> Vec<ReviewItem> {
    let region = catalog
        .region(&spec.region)
        .map_or(&spec.region, |region| &region.label);
    let mut out = vec![ReviewItem {
        what: Item::Cluster {
            label: spec.label(),
            region: region.clone(),
        }
        .into(),
        detail: Some(
            Item::ClusterDetail {
                version: spec.kubernetes_version.clone(),
            }
            .into(),
        ),
        price: Some(crate::Price::default()),
        at_most: None,
        change: ItemChange::Create,
    }];
    let order = [
        Quoted::ControlPlane,
        Quoted::GpuPool,
        Quoted::SystemPool,
        Quoted::AccessList,
        Quoted::Firewall,
    ];
    for row in order.into_iter().filter_map(|what| quote.row(what)) {
        let (what, detail) = words(row.what, spec, catalog);
        let price = row.each.map(|each| each.times(row.count_min));
        let most = row.each.map(|each| each.times(row.count_max));
        out.push(ReviewItem {
            what,
            detail,
            price,
            at_most: most.filter(|most| Some(*most) != price),
            change: ItemChange::Create,
        });
    }
    out
}

fn words(what: Quoted, spec: &Spec, catalog: &Catalog) -> (Text, Option<Text>) {
    let title = |id: &str| {
        super::planned::title(id, catalog.instance_type(id).map(|one| one.label.as_str()))
    };
    match what {
        Quoted::ControlPlane if spec.ha => (
            Item::ControlPlaneHa.into(),
            Some(Item::ControlPlaneHaDetail.into()),
        ),
        Quoted::ControlPlane => (Item::ControlPlane.into(), None),
        Quoted::GpuPool => {
            let instance_type = spec.gpu_type.clone();
            let detail = if spec.gpu_max > spec.gpu_min {
                Item::GpuPoolScales {
                    min: spec.gpu_min,
                    max: spec.gpu_max,
                    instance_type,
                }
            } else {
                Item::GpuPoolFixed { instance_type }
            };
            let what = Item::GpuPool {
                count: spec.gpu_count,
                title: title(&spec.gpu_type),
            };
            (what.into(), Some(detail.into()))
        }
        Quoted::SystemPool => {
            let (count, id) = spec
                .system_pool
                .as_ref()
                .map_or((0, ""), |pool| (pool.count, pool.instance_type.as_str()));
            let what = Item::SystemPool {
                count,
                title: title(id),
            };
            (what.into(), Some(Item::SystemPoolDetail.into()))
        }
        Quoted::AccessList => {
            let list = spec
                .kubectl_access
                .iter()
                .flatten()
                .map(ToString::to_string)
                .collect();
            let what = Item::AccessList { addresses: list };
            (what.into(), Some(Item::AccessListDetail.into()))
        }
        Quoted::Firewall => {
            let count = preset::firewall_rules(spec).len();
            let what = Item::Firewall {
                label: spec.label(),
            };
            (what.into(), Some(Item::FirewallDetail { count }.into()))
        }
    }
}
