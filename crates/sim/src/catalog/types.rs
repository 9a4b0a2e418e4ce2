//! Instance types and their prices, as of 2026-11-23.

use serde_json::{Value, json};

use super::{Price, dollars};

/// One row of `/linode/types`. Prices are micro-dollars per hour and per month.
#[derive(Clone, Copy)]
pub(crate) struct InstanceType {
    /// For example `g6-standard-2`.
    pub id: &'static str,
    /// As Linode's own pages write it.
    pub label: &'static str,
    /// nanode, standard, dedicated, highmem, premium or gpu.
    pub class: &'static str,
    /// Cores.
    pub vcpus: u32,
    /// MB.
    pub memory: u64,
    /// MB.
    pub disk: u64,
    /// Cards.
    pub gpus: u32,
    /// GB a month.
    pub transfer: u64,
    /// Mbit/s.
    pub network_out: u64,
    /// Everywhere but in Jakarta and Sao Paulo.
    pub price: Price,
    /// In id-cgk; 0 where no price of its own was seen.
    pub jakarta: Price,
    /// In br-gru; likewise.
    pub sao_paulo: Price,
    /// Backups, as an add-on.
    pub backups: Price,
}

const fn kind(
    id: &'static str,
    label: &'static str,
    class: &'static str,
    [vcpus, memory, disk, gpus]: [u64; 4],
    [transfer, network_out]: [u64; 2],
    [price, jakarta, sao_paulo, backups]: [(i64, i64); 4],
) -> InstanceType {
    InstanceType {
        id,
        label,
        class,
        vcpus: vcpus as u32,
        memory,
        disk,
        gpus: gpus as u32,
        transfer,
        network_out,
        price: Price {
            hour: price.0,
            month: price.1,
        },
        jakarta: Price {
            hour: jakarta.0,
            month: jakarta.1,
        },
        sao_paulo: Price {
            hour: sao_paulo.0,
            month: sao_paulo.1,
        },
        backups: Price {
            hour: backups.0,
            month: backups.1,
        },
    }
}

/// MB of disk for each card of an RTX 4000 Ada type. Only the smallest type's disk is known (512 GB,
/// printed by several public scripts, last seen 2026-06); for all others this is the rule that it
/// is derived by: as much for each card, and twice as much for "high storage".
const ADA_DISK: u64 = 512_000;

/// All types; each block names its source. `derived` marks what follows from a rule of ours.
#[rustfmt::skip]
pub(crate) const TYPES: &[InstanceType] = &[
    // Recorded reply of the live API, 2024 (TestTypes_List): nanode and standard.
    kind("g6-nanode-1", "Nanode 1GB", "nanode", [1, 1024, 25_600, 0], [1000, 1000], [(7500, 5_000_000), (9000, 6_000_000), (10_500, 7_000_000), (3000, 2_000_000)]),
    kind("g6-standard-1", "Linode 2GB", "standard", [1, 2048, 51_200, 0], [2000, 2000], [(18_000, 12_000_000), (22_000, 14_400_000), (25_000, 16_800_000), (4000, 2_500_000)]),
    kind("g6-standard-2", "Linode 4GB", "standard", [2, 4096, 81_920, 0], [4000, 4000], [(36_000, 24_000_000), (43_000, 28_800_000), (50_000, 33_600_000), (8000, 5_000_000)]),
    kind("g6-standard-4", "Linode 8GB", "standard", [4, 8192, 163_840, 0], [5000, 5000], [(72_000, 48_000_000), (86_000, 57_600_000), (101_000, 67_200_000), (15_000, 10_000_000)]),
    kind("g6-standard-6", "Linode 16GB", "standard", [6, 16_384, 327_680, 0], [8000, 6000], [(144_000, 96_000_000), (173_000, 115_200_000), (202_000, 134_400_000), (30_000, 20_000_000)]),
    kind("g6-standard-8", "Linode 32GB", "standard", [8, 32_768, 655_360, 0], [16_000, 7000], [(288_000, 192_000_000), (346_000, 230_400_000), (403_000, 268_800_000), (60_000, 40_000_000)]),
    kind("g6-standard-16", "Linode 64GB", "standard", [16, 65_536, 1_310_720, 0], [20_000, 9000], [(576_000, 384_000_000), (691_000, 460_800_000), (806_000, 537_600_000), (120_000, 80_000_000)]),
    kind("g6-standard-20", "Linode 96GB", "standard", [20, 98_304, 1_966_080, 0], [20_000, 10_000], [(864_000, 576_000_000), (1_037_000, 691_200_000), (1_210_000, 806_400_000), (180_000, 120_000_000)]),
    kind("g6-standard-24", "Linode 128GB", "standard", [24, 131_072, 2_621_440, 0], [20_000, 11_000], [(1_152_000, 768_000_000), (1_382_000, 921_600_000), (1_613_000, 1_075_200_000), (240_000, 160_000_000)]),
    kind("g6-standard-32", "Linode 192GB", "standard", [32, 196_608, 3_932_160, 0], [20_000, 12_000], [(1_728_000, 1_152_000_000), (2_074_000, 1_382_400_000), (2_419_000, 1_612_800_000), (360_000, 240_000_000)]),
    // Recorded reply of the live API, 2024 (TestTypes_List): highmem.
    kind("g7-highmem-1", "Linode 24GB", "highmem", [2, 24_576, 20_480, 0], [5000, 5000], [(90_000, 60_000_000), (108_000, 72_000_000), (126_000, 84_000_000), (7500, 5_000_000)]),
    kind("g7-highmem-2", "Linode 48GB", "highmem", [2, 49_152, 40_960, 0], [6000, 6000], [(180_000, 120_000_000), (216_000, 144_000_000), (252_000, 168_000_000), (15_000, 10_000_000)]),
    kind("g7-highmem-4", "Linode 90GB", "highmem", [4, 92_160, 92_160, 0], [7000, 7000], [(360_000, 240_000_000), (432_000, 288_000_000), (504_000, 336_000_000), (30_000, 20_000_000)]),
    kind("g7-highmem-8", "Linode 150GB", "highmem", [8, 153_600, 204_800, 0], [8000, 8000], [(720_000, 480_000_000), (864_000, 576_000_000), (1_008_000, 672_000_000), (60_000, 40_000_000)]),
    kind("g7-highmem-16", "Linode 300GB", "highmem", [16, 307_200, 348_160, 0], [9000, 9000], [(1_440_000, 960_000_000), (1_728_000, 1_152_000_000), (2_016_000, 1_344_000_000), (120_000, 80_000_000)]),
    // Recorded reply of the live API, 2024 (TestTypes_List): dedicated.
    kind("g6-dedicated-2", "Dedicated 4GB", "dedicated", [2, 4096, 81_920, 0], [4000, 4000], [(54_000, 36_000_000), (65_000, 43_200_000), (76_000, 50_400_000), (8000, 5_000_000)]),
    kind("g6-dedicated-4", "Dedicated 8GB", "dedicated", [4, 8192, 163_840, 0], [5000, 5000], [(108_000, 72_000_000), (130_000, 86_400_000), (151_000, 100_800_000), (15_000, 10_000_000)]),
    kind("g6-dedicated-8", "Dedicated 16GB", "dedicated", [8, 16_384, 327_680, 0], [6000, 6000], [(216_000, 144_000_000), (259_000, 172_800_000), (302_000, 201_600_000), (30_000, 20_000_000)]),
    kind("g6-dedicated-16", "Dedicated 32GB", "dedicated", [16, 32_768, 655_360, 0], [7000, 7000], [(432_000, 288_000_000), (518_000, 345_600_000), (605_000, 403_200_000), (60_000, 40_000_000)]),
    kind("g6-dedicated-32", "Dedicated 64GB", "dedicated", [32, 65_536, 1_310_720, 0], [8000, 8000], [(864_000, 576_000_000), (1_037_000, 691_200_000), (1_210_000, 806_400_000), (120_000, 80_000_000)]),
    kind("g6-dedicated-48", "Dedicated 96GB", "dedicated", [48, 98_304, 1_966_080, 0], [9000, 9000], [(1_296_000, 864_000_000), (1_555_000, 1_036_800_000), (1_814_000, 1_209_600_000), (180_000, 120_000_000)]),
    kind("g6-dedicated-50", "Dedicated 128GB", "dedicated", [50, 131_072, 2_560_000, 0], [10_000, 10_000], [(1_728_000, 1_152_000_000), (2_074_000, 1_382_400_000), (2_419_000, 1_612_800_000), (240_000, 160_000_000)]),
    kind("g6-dedicated-56", "Dedicated 256GB", "dedicated", [56, 262_144, 5_120_000, 0], [11_000, 11_000], [(3_456_000, 2_304_000_000), (4_147_000, 2_764_800_000), (4_838_000, 3_225_600_000), (300_000, 200_000_000)]),
    kind("g6-dedicated-64", "Dedicated 512GB", "dedicated", [64, 524_288, 7_372_800, 0], [12_000, 12_000], [(6_912_000, 4_608_000_000), (8_294_000, 5_529_600_000), (9_677_000, 6_451_200_000), (360_000, 240_000_000)]),
    // Recorded reply of the live API, 2024 (TestTypes_List): Quadro RTX 6000.
    kind("g1-gpu-rtx6000-1", "Dedicated 32GB + RTX6000 GPU x1", "gpu", [8, 32_768, 655_360, 1], [16_000, 10_000], [(1_500_000, 1_000_000_000), (0, 0), (0, 0), (60_000, 40_000_000)]),
    kind("g1-gpu-rtx6000-2", "Dedicated 64GB + RTX6000 GPU x2", "gpu", [16, 65_536, 1_310_720, 2], [20_000, 10_000], [(3_000_000, 2_000_000_000), (0, 0), (0, 0), (120_000, 80_000_000)]),
    kind("g1-gpu-rtx6000-3", "Dedicated 96GB + RTX6000 GPU x3", "gpu", [20, 98_304, 1_966_080, 3], [20_000, 10_000], [(4_500_000, 3_000_000_000), (0, 0), (0, 0), (180_000, 120_000_000)]),
    kind("g1-gpu-rtx6000-4", "Dedicated 128GB + RTX6000 GPU x4", "gpu", [24, 131_072, 2_621_440, 4], [20_000, 10_000], [(6_000_000, 4_000_000_000), (0, 0), (0, 0), (240_000, 160_000_000)]),
    // Recorded reply of the live API, 2024 (TestTypes_List): premium.
    kind("g7-premium-2", "Premium 4GB", "premium", [2, 4096, 81_920, 0], [4000, 4000], [(64_500, 43_000_000), (78_000, 51_840_000), (91_000, 60_480_000), (8000, 5_000_000)]),
    kind("g7-premium-4", "Premium 8GB", "premium", [4, 8192, 163_840, 0], [5000, 5000], [(129_000, 86_000_000), (156_000, 103_680_000), (181_000, 120_960_000), (15_000, 10_000_000)]),
    kind("g7-premium-8", "Premium 16GB", "premium", [8, 16_384, 327_680, 0], [6000, 6000], [(259_500, 173_000_000), (311_000, 207_360_000), (363_000, 241_920_000), (30_000, 20_000_000)]),
    kind("g7-premium-16", "Premium 32GB", "premium", [16, 32_768, 655_360, 0], [7000, 7000], [(519_000, 346_000_000), (622_000, 414_720_000), (726_000, 483_840_000), (60_000, 40_000_000)]),
    kind("g7-premium-32", "Premium 64GB", "premium", [32, 65_536, 1_310_720, 0], [8000, 8000], [(1_036_500, 691_000_000), (1_244_000, 829_440_000), (1_452_000, 967_680_000), (120_000, 80_000_000)]),
    kind("g7-premium-48", "Premium 96GB", "premium", [48, 98_304, 1_966_080, 0], [9000, 9000], [(1_555_500, 1_037_000_000), (1_866_000, 1_244_160_000), (2_177_000, 1_451_520_000), (180_000, 120_000_000)]),
    kind("g7-premium-50", "Premium 128GB", "premium", [50, 131_072, 2_560_000, 0], [10_000, 10_000], [(2_073_000, 1_382_000_000), (2_488_000, 1_658_880_000), (2_903_000, 1_935_360_000), (240_000, 160_000_000)]),
    kind("g7-premium-56", "Premium 256GB", "premium", [56, 262_144, 5_120_000, 0], [11_000, 11_000], [(4_147_500, 2_765_000_000), (4_977_000, 3_317_760_000), (5_806_000, 3_870_720_000), (300_000, 200_000_000)]),
    kind("g7-premium-64", "Premium 512GB", "premium", [64, 524_288, 7_372_800, 0], [12_000, 12_000], [(8_295_000, 5_530_000_000), (9_953_000, 6_635_520_000), (11_612_000, 7_741_440_000), (360_000, 240_000_000)]),
    // Several public scripts that print the API, last seen 2026-06: prices, cores, memory, and the
    // disk of the first row. Disks of the other rows: derived, see ADA_DISK.
    kind("g2-gpu-rtx4000a1-s", "RTX4000 Ada x1 Small", "gpu", [4, 16_384, ADA_DISK, 1], [0, 10_000], [(520_000, 350_000_000), (0, 0), (0, 0), (0, 0)]),
    kind("g2-gpu-rtx4000a1-m", "RTX4000 Ada x1 Medium", "gpu", [8, 32_768, ADA_DISK, 1], [0, 10_000], [(670_000, 446_000_000), (0, 0), (0, 0), (0, 0)]),
    kind("g2-gpu-rtx4000a1-l", "RTX4000 Ada x1 Large", "gpu", [16, 65_536, ADA_DISK, 1], [0, 10_000], [(960_000, 638_000_000), (0, 0), (0, 0), (0, 0)]),
    kind("g2-gpu-rtx4000a1-xl", "RTX4000 Ada x1 X-Large", "gpu", [32, 131_072, ADA_DISK, 1], [0, 10_000], [(1_530_000, 1_022_000_000), (0, 0), (0, 0), (0, 0)]),
    kind("g2-gpu-rtx4000a2-s", "RTX4000 Ada x2 Small", "gpu", [8, 32_768, 2 * ADA_DISK, 2], [0, 10_000], [(1_050_000, 700_000_000), (0, 0), (0, 0), (0, 0)]),
    kind("g2-gpu-rtx4000a2-m", "RTX4000 Ada x2 Medium", "gpu", [16, 65_536, 2 * ADA_DISK, 2], [0, 10_000], [(1_340_000, 892_000_000), (0, 0), (0, 0), (0, 0)]),
    kind("g2-gpu-rtx4000a2-hs", "RTX4000 Ada x2 Medium High Storage", "gpu", [16, 65_536, 4 * ADA_DISK, 2], [0, 10_000], [(1_490_000, 992_000_000), (0, 0), (0, 0), (0, 0)]),
    kind("g2-gpu-rtx4000a4-s", "RTX4000 Ada x4 Small", "gpu", [32, 131_072, 4 * ADA_DISK, 4], [0, 10_000], [(2_960_000, 1_976_000_000), (0, 0), (0, 0), (0, 0)]),
    kind("g2-gpu-rtx4000a4-m", "RTX4000 Ada x4 Medium", "gpu", [48, 200_704, 4 * ADA_DISK, 4], [0, 10_000], [(3_570_000, 2_384_000_000), (0, 0), (0, 0), (0, 0)]),
    // Secondary sources: 16 cores, 172 to 176 GB, $2.50 to $3.00 an hour. Derived: the dearer price
    // and the smaller memory, 666 hours as the monthly cap (as the Ada rows have it), and the disk of
    // a Quadro RTX 6000 type with as many cores.
    kind("g3-gpu-rtxpro6000-blackwell-1", "RTX PRO 6000 Blackwell x1", "gpu", [16, 176_128, 1_310_720, 1], [0, 10_000], [(3_000_000, 1_998_000_000), (0, 0), (0, 0), (0, 0)]),
];

/// The type of this id.
pub(crate) fn find(id: &str) -> Option<&'static InstanceType> {
    TYPES.iter().find(|one| one.id == id)
}

impl InstanceType {
    /// What one costs in `region`.
    pub(crate) fn price_in(&self, region: &str) -> Price {
        let own = match region {
            "id-cgk" => self.jakarta,
            "br-gru" => self.sao_paulo,
            _ => self.price,
        };
        if own.hour == 0 { self.price } else { own }
    }

    /// Listed at `/regions/availability`: only what is not to be had everywhere.
    pub(crate) fn is_limited(&self) -> bool {
        matches!(self.class, "gpu" | "premium")
    }

    /// Quadro RTX 6000 cards exist as Linodes, but LKE does not deploy them.
    pub(crate) fn is_deployable_in_lke(&self) -> bool {
        !self.id.starts_with("g1-gpu-")
    }

    /// The reply of `/linode/types/{id}`.
    pub(crate) fn reply(&self, gpu_prices_hidden: bool) -> Value {
        let hidden = gpu_prices_hidden && self.class == "gpu";
        let price = if hidden { Price::default() } else { self.price };
        let (mut regional, mut backups) = (Vec::new(), Vec::new());
        if self.jakarta.hour > 0 {
            // As recorded for the small types, backups cost a fifth and two fifths more there.
            backups.push(self.backups.percent(120).regional("id-cgk"));
            backups.push(self.backups.percent(140).regional("br-gru"));
            regional.push(self.jakarta.regional("id-cgk"));
            regional.push(self.sao_paulo.regional("br-gru"));
        }
        json!({
            "id": self.id, "label": self.label,
            "price": price.reply(), "region_prices": regional,
            "addons": {"backups": {
                "price": {"hourly": dollars(self.backups.hour), "monthly": dollars(self.backups.month)},
                "region_prices": backups,
            }},
            "memory": self.memory, "disk": self.disk, "transfer": self.transfer,
            "vcpus": self.vcpus, "gpus": self.gpus, "accelerated_devices": 0,
            "network_out": self.network_out, "class": self.class, "successor": null,
        })
    }
}
