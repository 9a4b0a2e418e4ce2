//! Regions and what each offers, as of 2026-11-23.

use serde_json::{Value, json};

use super::types::{InstanceType, TYPES};

/// One row of `/regions`.
pub(crate) struct Region {
    /// For example `us-ord`.
    pub id: &'static str,
    /// For example `Chicago, IL`.
    pub label: &'static str,
    /// Two letters.
    pub country: &'static str,
    /// Letters for the capabilities that not every region has, see [`EXTRAS`].
    pub extras: &'static str,
}

const fn region(
    id: &'static str,
    label: &'static str,
    country: &'static str,
    extras: &'static str,
) -> Region {
    Region {
        id,
        label,
        country,
        extras,
    }
}

/// All 34 regions of a recorded reply of the live API (2026-07).
pub(crate) const REGIONS: &[Region] = &[
    region("au-mel", "Melbourne, AU", "au", "P"),
    region("es-mad", "Madrid, ES", "es", "GEP"),
    region("in-maa", "Chennai, IN", "in", "GEPON"),
    region("jp-osa", "Osaka, JP", "jp", "GEP"),
    region("it-mil", "Milan, IT", "it", "GEP"),
    region("us-mia", "Miami, FL", "us", "GEPON"),
    region("id-cgk", "Jakarta, ID", "id", "GEPO"),
    region("us-lax", "Los Angeles, CA", "us", "GEPONA"),
    region("gb-lon", "London 2, UK", "gb", "GEPONA"),
    region("se-sto", "Stockholm, SE", "se", "GEP"),
    region("in-bom-2", "Mumbai 2, IN", "in", "GEPA"),
    region("de-fra-2", "Frankfurt 2, DE", "de", "GEPONA"),
    region("sg-sin-2", "Singapore 2, SG", "sg", "GEPOA"),
    region("jp-tyo-3", "Tokyo 3, JP", "jp", "GEPOA"),
    region("no-osl-1", "Oslo, NO", "no", "EPOA"),
    region("us-iad-2", "Washington 2, DC", "us", "EPO"),
    region("fr-par-2", "Paris 2, FR", "fr", "GEPA"),
    region("nl-ams", "Amsterdam, NL", "nl", "GEP"),
    region("ap-west", "Mumbai, IN", "in", "GM"),
    region("ca-central", "Toronto, CA", "ca", "GM"),
    region("ap-southeast", "Sydney, AU", "au", "M"),
    region("us-iad", "Washington, DC", "us", "EPOA"),
    region("us-ord", "Chicago, IL", "us", "GEPOA"),
    region("fr-par", "Paris, FR", "fr", "GEPO"),
    region("us-sea", "Seattle, WA", "us", "GEPOA"),
    region("br-gru", "Sao Paulo, BR", "br", "EPO"),
    region("us-central", "Dallas, TX", "us", "M"),
    region("ap-northeast", "Tokyo 2, JP", "jp", "M"),
    region("eu-central", "Frankfurt, DE", "de", "GM"),
    region("ap-south", "Singapore, SG", "sg", "GM"),
    region("eu-west", "London, UK", "gb", "M"),
    region("us-east", "Newark, NJ", "us", "GOM"),
    region("us-southeast", "Atlanta, GA", "us", "GOM"),
    region("us-west", "Fremont, CA", "us", "M"),
];

/// Capabilities of every region (recorded with them).
const COMMON: &[&str] = &[
    "Linodes",
    "Block Storage Encryption",
    "Disk Encryption",
    "Backups",
    "NodeBalancers",
    "Block Storage",
    "Kubernetes",
    "Cloud Firewall",
    "Vlans",
    "Managed Databases",
    "Metadata",
    "Placement Group",
    "StackScripts",
    "Maintenance Policy",
    "Linode Interfaces",
];

/// A letter of [`Region::extras`] and the capabilities that it stands for (recorded with the
/// regions).
const EXTRAS: &[(char, &[&str])] = &[
    ('G', &["GPU Linodes"]),
    ('E', &["Kubernetes Enterprise"]),
    (
        'P',
        &["Premium Plans", "VPCs", "VPC Dual Stack", "VPC IPv6 Stack"],
    ),
    ('O', &["Object Storage"]),
    ('N', &["NETINT Quadra T1U"]),
    ('A', &["ACLP Logs Datacenter LKE-E"]),
    ('M', &["Block Storage Migrations"]),
];

/// Where the RTX 4000 Ada can be had (a public project's checks, 2026). The capability
/// "GPU Linodes" says less: it covers other cards too.
const RTX4000_ADA: &[&str] = &[
    "de-fra-2", "fr-par", "us-ord", "us-sea", "jp-osa", "sg-sin-2", "in-bom-2",
];

/// Where it is offered but sold out, so that its availability rows say false: an assumption, as
/// which regions run out changes by the hour.
const SOLD_OUT: &[&str] = &["jp-osa", "sg-sin-2"];

/// Where the RTX PRO 6000 Blackwell can be had: derived, as no source names the regions ("limited
/// availability"): two large ones that have the Ada too.
const RTX_PRO_6000: &[&str] = &["us-ord", "de-fra-2"];

/// Where the Quadro RTX 6000 can be had (recorded 2024).
const RTX6000: &[&str] = &["us-southeast", "ap-south", "ap-west", "us-mia"];

/// The region of this id.
pub(crate) fn find(id: &str) -> Option<&'static Region> {
    REGIONS.iter().find(|one| one.id == id)
}

impl Region {
    /// Whether `kind` can be had here now.
    pub(crate) fn offers(&self, kind: &InstanceType) -> bool {
        if kind.id.starts_with("g2-gpu-rtx4000") {
            RTX4000_ADA.contains(&self.id) && !SOLD_OUT.contains(&self.id)
        } else if kind.id.starts_with("g3-gpu-rtxpro6000") {
            RTX_PRO_6000.contains(&self.id)
        } else if kind.id.starts_with("g1-gpu-rtx6000") {
            RTX6000.contains(&self.id)
        } else if kind.class == "premium" {
            self.extras.contains('P')
        } else {
            true
        }
    }

    /// Whether clusters of the enterprise tier can be had here.
    pub(crate) fn has_enterprise(&self) -> bool {
        self.extras.contains('E')
    }

    /// The rows of this region at `/regions/availability`.
    pub(crate) fn availability(&self) -> impl Iterator<Item = Value> {
        TYPES
            .iter()
            .filter(|kind| kind.is_limited())
            .map(|kind| json!({"region": self.id, "plan": kind.id, "available": self.offers(kind)}))
    }

    /// The reply of `/regions/{id}`.
    pub(crate) fn reply(&self) -> Value {
        let extras = EXTRAS
            .iter()
            .filter(|(letter, _)| self.extras.contains(*letter));
        let capabilities: Vec<&str> = COMMON
            .iter()
            .chain(extras.flat_map(|(_, names)| names.iter()))
            .copied()
            .collect();
        json!({
            "id": self.id, "label": self.label, "country": self.country,
            "capabilities": capabilities,
            "monitors": {"alerts": ["Managed Databases"], "metrics": ["Managed Databases"]},
            "status": "ok",
            "resolvers": {"ipv4": "192.0.2.1,192.0.2.2", "ipv6": "2001:db8::1,2001:db8::2"},
            "placement_group_limits": {
                "maximum_pgs_per_customer": null,
                "maximum_linodes_per_pg": 5,
                "maximum_linodes_per_flexible_pg": 5,
            },
            "site_type": "core",
        })
    }
}
