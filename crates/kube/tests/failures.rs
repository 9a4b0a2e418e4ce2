//! Which answer of a server is which kind of failure.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
#![allow(clippy::needless_raw_string_hashes, reason = "expect-test writes them")]

use std::convert::Infallible;
use std::sync::Arc;

use bytes::Bytes;
use domain::usage::NodeUse;
use engine::ports::{Kube, KubeApi};
use expect_test::expect;
use http::{Request, Response};
use http_body_util::Full;
use quaylight_kube::{BoxError, KubeRs};
use secrecy::SecretString;
use tower::service_fn;

/// The authority of a demo cluster, which signs nothing else.
const CA: &str = "\
    LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0tLS0tCk1JSUJSRENCOTZBREFnRUNBaFEwTGRMcW40Tk9hMGRTdC91N0\
    owbVNRNTJYWnpBRkJnTXJaWEF3RlRFVE1CRUcKQTFVRUF3d0thM1ZpWlhKdVpYUmxjekFlRncweU5EQXhNREV3\
    TURBd01EQmFGdzAwTkRBeE1ERXdNREF3TURCYQpNQlV4RXpBUkJnTlZCQU1NQ210MVltVnlibVYwWlhNd0tqQU\
    ZCZ01yWlhBRElRQldGZE9OWWhMTVZMd2hSRm1vCk41Ui9Ub3QydHZtS2o3ZXhxQmNSTHd2aXk2TlpNRmN3RlFZ\
    RFZSMFJCQTR3RElJS2EzVmlaWEp1WlhSbGN6QU8KQmdOVkhROEJBZjhFQkFNQ0FZWXdIUVlEVlIwT0JCWUVGQW\
    YwRXFIZkRlbWZnOE95cXphOGplaWlGNk1lTUE4RwpBMVVkRXdFQi93UUZNQU1CQWY4d0JRWURLMlZ3QTBFQVI3\
    ZHV4eVg1aHBZSG9mc3BkcWJOTmhPNVpjeVhEb3dlCjZxWms0dDRuanhURnVuaHdpdGxyMGlxYU1kcWdZVVJWUD\
    NOV1AzOVB5cDBXNFlCc2ttelFEQT09Ci0tLS0tRU5EIENFUlRJRklDQVRFLS0tLS0K";
const KUBECONFIG: &str = "
apiVersion: v1
kind: Config
clusters:
- {name: c, cluster: {server: 'https://127.0.0.1:6443', certificate-authority-data: CA}}
users:
- {name: u, user: {as-user-extra: {}, token: SECRET}}
contexts:
- {name: x, context: {cluster: c, user: u}}
current-context: x
";

/// How listing nodes fails when a server answers like this.
async fn failure_of(status: u16, body: impl Into<Bytes>) -> String {
    let body: Bytes = body.into();
    let server = service_fn(move |request: Request<Bytes>| {
        assert_eq!(request.headers()["authorization"], "Bearer SECRET");
        let reply = Response::builder()
            .status(status)
            .body(Full::new(body.clone()))
            .unwrap();
        async move { Ok::<_, Infallible>(reply) }
    });
    tell(KubeRs::over(move |_| server.clone())).await
}

async fn connect(kube: KubeRs) -> Arc<dyn KubeApi> {
    let text = KUBECONFIG.replace("data: CA", &format!("data: {CA}"));
    kube.connect(&SecretString::from(text)).await.unwrap()
}

async fn tell(kube: KubeRs) -> String {
    match connect(kube).await.nodes().await {
        Ok(nodes) => format!("{} nodes\n", nodes.len()),
        Err(failure) => {
            assert!(!format!("{failure:?}").contains("SECRET"));
            let (kind, status, said) = (failure.kind, failure.status, failure.said());
            let wait = failure.retry_after.map_or(0, |wait| wait.as_secs());
            let sent = if failure.never_sent {
                "never sent"
            } else {
                "sent"
            };
            format!("{kind:?} {status:?} `{said}` wait {wait}, {sent}\n")
        }
    }
}

#[tokio::test]
async fn every_answer_has_its_kind() {
    let status = |code: u16, details: &str| {
        format!(
            r#"{{"kind":"Status","apiVersion":"v1","metadata":{{}},"status":"Failure",
            "message":"why {code}","reason":"R","code":{code}{details}}}"#
        )
    };
    let mut seen = String::new();
    for code in [400, 401, 403, 404, 409, 410, 422, 500, 503, 504] {
        seen += &failure_of(code, status(code, "")).await;
    }
    seen += &failure_of(429, status(429, r#","details":{"retryAfterSeconds":7}"#)).await;
    seen += &failure_of(502, "<html>bad gateway</html>").await;
    seen += &failure_of(200, "<html>captive portal</html>").await;
    seen += &failure_of(200, r#"{"kind":"NodeList","metadata":{},"items":[]}"#).await;
    let blank = " ".repeat(9 * 1024 * 1024);
    seen += &failure_of(200, format!(r#"{blank}{{"metadata":{{}},"items":[]}}"#)).await;
    for kind in [
        std::io::ErrorKind::ConnectionReset,
        std::io::ErrorKind::ConnectionRefused,
    ] {
        let broken = service_fn(move |_: Request<Bytes>| async move {
            Err::<Response<Full<Bytes>>, BoxError>(std::io::Error::from(kind).into())
        });
        seen += &tell(KubeRs::over(move |_| broken)).await;
    }
    expect![[r#"
        Invalid Some(400) `why 400` wait 0, sent
        Unauthorized Some(401) `why 401` wait 0, sent
        Unauthorized Some(403) `why 403` wait 0, sent
        NotFound Some(404) `why 404` wait 0, sent
        Conflict Some(409) `why 409` wait 0, sent
        Invalid Some(410) `why 410` wait 0, sent
        Invalid Some(422) `why 422` wait 0, sent
        Unknown Some(500) `why 500` wait 0, sent
        Unavailable Some(503) `why 503` wait 0, sent
        Unknown Some(504) `why 504` wait 0, sent
        RateLimited Some(429) `why 429` wait 7, sent
        Unknown Some(502) `<html>bad gateway</html>` wait 0, sent
        Unknown None `` wait 0, sent
        0 nodes
        Unknown None `` wait 0, sent
        Unknown None `` wait 0, sent
        Unavailable None `` wait 0, never sent
    "#]]
    .assert_eq(&seen);
}

#[tokio::test]
async fn a_server_that_is_not_there_was_never_sent_to() {
    let gone = tell(KubeRs::live()).await;
    expect![[r#"
        Unavailable None `` wait 0, never sent
    "#]]
    .assert_eq(&gone);
}

/// What a pod says: the status and the body.
type Says = (u16, Vec<u8>);

/// The nodes of which an exporter tells, when the pods of all say this.
async fn told_of(pods: &'static str, says: fn(&str) -> Says) -> Option<Vec<NodeUse>> {
    let server = service_fn(move |request: Request<Bytes>| {
        let path = request.uri().path().to_owned();
        let (status, body) = match path.strip_prefix("/api/v1/namespaces/kube-system/pods") {
            Some("") => (200, pods.as_bytes().to_vec()),
            Some(pod) => says(pod),
            None => panic!("{path} is not asked for"),
        };
        let reply = Response::builder()
            .status(status)
            .body(Full::new(Bytes::from(body)))
            .unwrap();
        async move { Ok::<_, BoxError>(reply) }
    });
    let kube = connect(KubeRs::over(move |_| server)).await;
    kube.gpu_usage().await.ok()
}

#[tokio::test]
async fn an_odd_exporter_costs_its_own_node_only() {
    const READY: &str = r#"{"metadata":{},"items":[
        {"metadata":{"name":"a"},"spec":{"nodeName":"good"},"status":{"conditions":[{"type":"Ready","status":"True"}]}},
        {"metadata":{"name":"b"},"spec":{"nodeName":"other"},"status":{"conditions":[{"type":"Ready","status":"True"}]}},
        {"metadata":{"name":"c"},"spec":{"nodeName":"young"},"status":{"conditions":[{"type":"Ready","status":"False"}]}},
        {"metadata":{"name":["d"]},"spec":7},
        17
    ]}"#;
    const GOOD: &str = "DCGM_FI_DEV_GPU_UTIL{gpu=\"0\"} 97\n";
    fn metrics(pod: &str, other: Says) -> Says {
        match pod {
            "/a:9400/proxy/metrics" => (200, GOOD.into()),
            "/b:9400/proxy/metrics" => other,
            pod => panic!("{pod} is not asked for"),
        }
    }
    let named = |all: Option<Vec<NodeUse>>| -> Vec<String> {
        all.unwrap().into_iter().map(|one| one.node).collect()
    };
    let both = told_of(READY, |pod| metrics(pod, (200, GOOD.into())));
    assert_eq!(named(both.await), ["good", "other"]);
    let others: [fn(&str) -> Says; 8] = [
        |pod| metrics(pod, (503, GOOD.into())),
        |pod| metrics(pod, (302, GOOD.into())),
        |pod| metrics(pod, (200, Vec::new())),
        |pod| metrics(pod, (200, vec![0xff; 100])),
        |pod| metrics(pod, (200, GOOD.repeat(300 * 1024 / GOOD.len()).into())),
        |pod| metrics(pod, (200, b"DCGM_FI_DEV_GPU_UTIL{gpu=\"0\"} NaN\n".into())),
        |pod| metrics(pod, (200, b"<html>a portal</html>".into())),
        |pod| metrics(pod, (200, b"{\"kind\":\"Status\"}".into())),
    ];
    for says in others {
        assert_eq!(named(told_of(READY, says).await), ["good"]);
    }
    // A list that is none is a failure, and an empty one is not.
    let nobody = |_: &str| panic!("nobody is asked");
    assert_eq!(told_of("<html>", nobody).await, None);
    assert_eq!(told_of("{\"metadata\":{},\"items\":7}", nobody).await, None);
    let none = "{\"metadata\":{},\"items\":[]}";
    assert_eq!(told_of(none, nobody).await, Some(Vec::new()));
}
