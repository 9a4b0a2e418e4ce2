//! What a Spec can choose from.

use super::scripted::{Stage, body};
use crate::Origin;
use engine::ports::Cloud as _;
use expect_test::expect;

fn reply(path: &str) -> &'static str {
    match path {
        "/v4/regions" => {
            r#"[{"id": "us-ord", "label": "Chicago, IL", "country": "us", "capabilities": ["Kubernetes", "New Thing"]},
                {"id": "us-sea", "label": "Seattle, WA", "country": "us", "capabilities": ["Kubernetes"]},
                {"id": "nz-akl-1", "label": "Auckland", "country": "nz", "capabilities": ["Linodes"]}]"#
        }
        "/v4/regions/availability" => {
            r#"[{"region": "us-ord", "plan": "g2-gpu-rtx4000a1-s", "available": true},
                {"region": "us-sea", "plan": "g2-gpu-rtx4000a1-s", "available": false}]"#
        }
        "/v4/linode/types" => {
            r#"[{"id": "g2-gpu-rtx4000a1-s", "label": "RTX4000 Ada x1 Small", "class": "gpu", "vcpus": 4,
                 "memory": 16384, "disk": 524288, "gpus": 1, "price": {"hourly": 0.52, "monthly": 350.0}, "region_prices": []},
                {"id": "g9-new", "vcpus": 1, "memory": 1, "disk": 1, "price": null}]"#
        }
        "/v4/lke/versions" => {
            r#"[{"id": "1.9"}, {"id": "1.34"}, {"id": "v1.31.8+lke1"}, {"id": "1.35"}, {"id": "1.10"}]"#
        }
        "/v4/lke/types" => {
            r#"[{"id": "lke-sa", "price": {"hourly": 0.0, "monthly": 0.0}, "region_prices": []},
                {"id": "lke-ha", "price": {"hourly": 0.09, "monthly": 60.0}, "region_prices": []}]"#
        }
        "/v4/nodebalancers/types" => {
            r#"[{"id": "nodebalancer", "price": {"hourly": 0.015, "monthly": 10.0}}]"#
        }
        _ => "[]",
    }
}

#[tokio::test]
async fn versions_sort_as_numbers_and_what_is_missing_is_unknown() {
    let stage = Stage::with(Origin::Linode, |request| {
        let data = reply(request.uri().path());
        let rows = serde_json::from_str::<Vec<serde_json::Value>>(data)
            .unwrap()
            .len();
        let page = format!(r#"{{"data": {data}, "page": 1, "pages": 1, "results": {rows}}}"#);
        Ok(http::Response::new(body(page)))
    });
    let catalog = stage.cloud.catalog().await.unwrap();
    expect![[r#"
        Catalog {
            read_at: 2026-11-23T10:00:00Z,
            regions: [
                Region {
                    id: "us-ord",
                    label: "Chicago, IL",
                    country: "us",
                    available: [
                        "g2-gpu-rtx4000a1-s",
                    ],
                    sold_out: [],
                },
                Region {
                    id: "us-sea",
                    label: "Seattle, WA",
                    country: "us",
                    available: [],
                    sold_out: [
                        "g2-gpu-rtx4000a1-s",
                    ],
                },
            ],
            types: [
                InstanceType {
                    id: "g2-gpu-rtx4000a1-s",
                    label: "RTX4000 Ada x1 Small",
                    class: "gpu",
                    vcpus: 4,
                    memory_mb: 16384,
                    disk_mb: 524288,
                    gpus: 1,
                    price: Some(
                        Price {
                            hour: MicroUsd(
                                520000,
                            ),
                            month: MicroUsd(
                                350000000,
                            ),
                        },
                    ),
                    region_prices: [],
                },
                InstanceType {
                    id: "g9-new",
                    label: "",
                    class: "",
                    vcpus: 1,
                    memory_mb: 1,
                    disk_mb: 1,
                    gpus: 0,
                    price: None,
                    region_prices: [],
                },
            ],
            versions: [
                "1.35",
                "1.34",
                "1.10",
                "1.9",
            ],
            ha_price: Some(
                Price {
                    hour: MicroUsd(
                        90000,
                    ),
                    month: MicroUsd(
                        60000000,
                    ),
                },
            ),
            ha_region_prices: [],
            nodebalancer_price: Some(
                Price {
                    hour: MicroUsd(
                        15000,
                    ),
                    month: MicroUsd(
                        10000000,
                    ),
                },
            ),
            volume_gb_price: None,
        }
    "#]]
    .assert_eq(&format!("{catalog:#?}\n"));
    expect![[r#"
        GET https://api.linode.com/v4/regions?page=1&page_size=500
        GET https://api.linode.com/v4/regions/availability?page=1&page_size=500
        GET https://api.linode.com/v4/linode/types?page=1&page_size=500
        GET https://api.linode.com/v4/lke/versions?page=1&page_size=500
        GET https://api.linode.com/v4/lke/types?page=1&page_size=500
        GET https://api.linode.com/v4/nodebalancers/types?page=1&page_size=500
        GET https://api.linode.com/v4/volumes/types?page=1&page_size=500
    "#]]
    .assert_eq(&stage.transcript());
}

#[tokio::test]
async fn a_regions_own_list_tells_what_can_be_had_and_is_silent_of_the_rest() {
    let stage = Stage::with(Origin::Linode, |request| {
        let (status, text) = match request.uri().path() {
            "/v4/regions/us-ord/availability" => (
                200,
                r#"[{"plan": "had", "available": true}, {"plan": "not", "available": false}]"#,
            ),
            _ => (404, r#"{"errors": [{"reason": "Not found"}]}"#),
        };
        let reply = http::Response::builder().status(status);
        Ok(reply.body(body(text.to_owned())).unwrap())
    });
    let mut said = Vec::new();
    for (region, plan) in [
        ("us-ord", "had"),
        ("us-ord", "not"),
        ("us-ord", "unheard of"),
        ("gone", "had"),
    ] {
        said.push(stage.cloud.offers(region, plan).await.unwrap());
    }
    assert_eq!(said, [Some(true), Some(false), None, None]);
}
