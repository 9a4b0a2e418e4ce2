//! A port of this computer that leads to a Service: each connection goes by a WebSocket of its own
//! through the API server to a pod that is ready. When that pod goes, the next connection finds
//! another, and those that it carried end: none waits for an answer that nobody gives.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;
use std::sync::Arc;
use std::time::Duration;

use domain::inventory::ServiceName;
use domain::view::{ServicePort, ServiceRow};
use engine::ports::{Answer, Failure, Kind, Tunnel};
use futures::future::join;
use k8s_openapi::api::core::v1;
use kube::api::{Api, ListParams};
use kube::core::Request;
use kube::{Client, Error, Resource as _};
use serde::Deserialize;
use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Mutex, watch};
use tokio::task::{JoinHandle, JoinSet};

use crate::condition::Conditions;
use crate::failure;
use crate::read::Page;

/// How long a connection waits for a pod that is ready.
const WAIT: Duration = Duration::from_secs(30);
/// Between two searches for one.
const AGAIN: Duration = Duration::from_millis(300);
/// How often the pod that is in use is looked at.
const LOOK: Duration = Duration::from_secs(3);
/// After so many looks without an answer, nothing is believed to come through any more.
const SILENT_LOOKS: u32 = 4;
/// Past this, a connection to a pod does not come about.
const CONNECT: Duration = Duration::from_secs(10);

/// A Service, by what is used of it.
#[derive(Deserialize)]
pub(crate) struct Service {
    metadata: Metadata,
    spec: Option<ServiceSpec>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Metadata {
    name: Option<String>,
    namespace: Option<String>,
    uid: Option<String>,
    deletion_timestamp: Option<serde::de::IgnoredAny>,
}

#[derive(Deserialize)]
struct ServiceSpec {
    selector: Option<BTreeMap<String, String>>,
    ports: Option<Vec<Port>>,
}

#[derive(Deserialize)]
struct Port {
    name: Option<String>,
    #[serde(rename = "port")]
    number: u16,
    protocol: Option<String>,
    #[serde(rename = "targetPort")]
    target: Option<serde_json::Value>,
}

impl Port {
    fn is_tcp(&self) -> bool {
        self.protocol.as_deref().unwrap_or("TCP") == "TCP"
    }
}

/// A pod, by what is used of it.
#[derive(Deserialize)]
struct Pod {
    metadata: Metadata,
    spec: Option<PodSpec>,
    status: Option<Conditions>,
}

#[derive(Deserialize)]
struct PodSpec {
    containers: Option<Vec<Container>>,
}

#[derive(Deserialize)]
struct Container {
    ports: Option<Vec<ContainerPort>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ContainerPort {
    name: Option<String>,
    container_port: u16,
}

impl Pod {
    fn is_ready(&self) -> bool {
        let ready = |status: &Conditions| status.say("Ready");
        self.metadata.deletion_timestamp.is_none() && self.status.as_ref().is_some_and(ready)
    }

    /// The number of one of its ports, by what a Service says of it.
    fn port(&self, wanted: &serde_json::Value) -> Option<u16> {
        if let Some(number) = wanted.as_u64() {
            return u16::try_from(number).ok();
        }
        let wanted = wanted.as_str()?;
        let containers = self.spec.as_ref().and_then(|one| one.containers.as_ref());
        let ports = containers?
            .iter()
            .flat_map(|one| one.ports.iter().flatten());
        let named = |one: &&ContainerPort| one.name.as_deref() == Some(wanted);
        let found = ports.into_iter().find(named).map(|one| one.container_port);
        found.or_else(|| wanted.parse().ok())
    }
}

/// What can be opened of a Service: its pods are chosen by labels, and it has a port of TCP.
pub(crate) fn row(object: Service) -> Option<ServiceRow> {
    let spec = object.spec?;
    spec.selector.filter(|all| !all.is_empty())?;
    let ports = spec.ports.unwrap_or_default().into_iter();
    let ports: Vec<ServicePort> = ports
        .filter(Port::is_tcp)
        .map(|one| ServicePort {
            name: one.name.filter(|name| !name.is_empty()),
            port: one.number,
        })
        .collect();
    let (namespace, name) = (object.metadata.namespace?, object.metadata.name?);
    (!ports.is_empty()).then(|| ServiceRow {
        service: format!("{namespace}/{name}"),
        ports,
    })
}

/// A pod that connections go to.
struct Aim {
    pod: String,
    uid: String,
    port: u16,
    /// True once it is not to be used any more: what it carries ends.
    over: watch::Sender<bool>,
}

/// The way to one port of one Service.
struct Way {
    /// For questions: each has an end.
    client: Client,
    /// For connections, which may be silent for as long as they like.
    patient: Client,
    service: ServiceName,
    port: u16,
    aim: Mutex<Option<Arc<Aim>>>,
}

/// Ends the task with what it carries.
struct Held(JoinHandle<()>);

impl Drop for Held {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// Listens, once a pod that is ready was found; none: there is none.
pub(crate) async fn open(
    client: Client,
    patient: Client,
    service: &ServiceName,
    port: u16,
) -> Answer<Option<Tunnel>> {
    let way = Arc::new(Way {
        client,
        patient,
        service: service.clone(),
        port,
        aim: Mutex::default(),
    });
    let operation = || format!("open service `{service}`");
    let found = way.find().await;
    let Some(aim) = found.map_err(|error| failure::of(operation(), error))? else {
        return Ok(None);
    };
    *way.aim.lock().await = Some(aim);
    let listening = async {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let local = listener.local_addr()?.port();
        Ok((listener, local))
    };
    let (listener, local) = listening.await.map_err(|cause: std::io::Error| {
        let mut failed = Failure::new(Kind::Unavailable, operation());
        failed.cause = Some(Box::new(cause));
        failed
    })?;
    let task = tokio::spawn(async move {
        join(accept(&way, listener), way.watch()).await;
    });
    Ok(Some(Tunnel {
        local,
        held: Box::new(Held(task)),
    }))
}

async fn accept(way: &Arc<Way>, listener: TcpListener) {
    let mut carried = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => {
                    let way = Arc::clone(way);
                    carried.spawn(async move { way.carry(stream).await });
                }
                // Out of file handles, mostly: give the others time to end.
                Err(_) => pause(AGAIN).await,
            },
            Some(_) = carried.join_next() => {}
        }
    }
}

impl Way {
    /// Carries one connection to its end; it is closed when no pod is ready for too long.
    async fn carry(&self, mut stream: TcpStream) {
        let tried = async {
            loop {
                if let Some((aim, pod)) = self.connected().await {
                    return (aim, pod);
                }
                pause(AGAIN).await;
            }
        };
        let Ok((aim, mut pod)) = tokio::time::timeout(WAIT, tried).await else {
            return;
        };
        let Some(mut io) = pod.take_stream(aim.port) else {
            return;
        };
        let mut over = aim.over.subscribe();
        tokio::select! {
            _ = copy_bidirectional(&mut stream, &mut io) => {}
            _ = over.wait_for(|over| *over) => {}
        }
        pod.abort();
    }

    async fn connected(&self) -> Option<(Arc<Aim>, kube::api::Portforwarder)> {
        let aim = self.aim().await?;
        let pods: Api<v1::Pod> = Api::namespaced(self.patient.clone(), &self.service.namespace);
        let ports = [aim.port];
        let asked = pods.portforward(&aim.pod, &ports);
        if let Ok(Ok(pod)) = tokio::time::timeout(CONNECT, asked).await {
            return Some((aim, pod));
        }
        self.leave(&aim).await;
        None
    }

    /// The pod to use now. Connections that come together share one search.
    async fn aim(&self) -> Option<Arc<Aim>> {
        let mut held = self.aim.lock().await;
        if held.is_none() {
            *held = self.find().await.ok().flatten();
        }
        held.clone()
    }

    /// The pod is not to be used any more.
    async fn leave(&self, aim: &Arc<Aim>) {
        let mut held = self.aim.lock().await;
        if held.as_ref().is_some_and(|one| Arc::ptr_eq(one, aim)) {
            *held = None;
        }
        drop(held);
        aim.over.send_replace(true);
    }

    /// Looks at the pod in use, so that what it carries ends with it even when nobody says so.
    async fn watch(&self) {
        let mut silent = 0;
        loop {
            pause(LOOK).await;
            let Some(aim) = self.aim.lock().await.clone() else {
                continue;
            };
            let path = Request::new(v1::Pod::url_path(&(), Some(&self.service.namespace)));
            let Ok(asked) = path.get(&aim.pod, &kube::api::GetParams::default()) else {
                continue;
            };
            let there = match self.client.request::<Pod>(asked).await {
                Ok(pod) => {
                    silent = 0;
                    pod.is_ready() && pod.metadata.uid.as_deref() == Some(&*aim.uid)
                }
                Err(Error::Api(status)) if status.code == 404 => false,
                Err(_) => {
                    silent += 1;
                    silent < SILENT_LOOKS
                }
            };
            if !there {
                silent = 0;
                self.leave(&aim).await;
            }
        }
    }

    /// Service, labels, a pod that is ready, the number of its port.
    async fn find(&self) -> Result<Option<Arc<Aim>>, Error> {
        let space = Some(&*self.service.namespace);
        let services = Request::new(v1::Service::url_path(&(), space));
        let asked = services.get(&self.service.name, &kube::api::GetParams::default());
        let service: Service = self
            .client
            .request(asked.map_err(Error::BuildRequest)?)
            .await?;
        let Some(spec) = service.spec else {
            return Ok(None);
        };
        let selector = spec.selector.unwrap_or_default();
        let port = spec.ports.into_iter().flatten();
        let mut port = port.filter(|one| one.is_tcp() && one.number == self.port);
        let Some(port) = port.next().filter(|_| !selector.is_empty()) else {
            return Ok(None);
        };
        let labels = selector
            .iter()
            .map(|(name, value)| format!("{name}={value}"));
        let of_it = ListParams::default().labels(&labels.collect::<Vec<_>>().join(","));
        let pods = Request::new(v1::Pod::url_path(&(), space));
        let asked = pods.list(&of_it).map_err(Error::BuildRequest)?;
        let found: Page<Pod> = self.client.request(asked).await?;
        let target = port.target.unwrap_or_else(|| port.number.into());
        let pods = found.items.into_iter().flatten();
        let mut ready = pods.filter(Pod::is_ready).filter_map(|pod| {
            let port = pod.port(&target)?;
            let (pod, uid) = (pod.metadata.name?, pod.metadata.uid?);
            let over = watch::Sender::new(false);
            Some(Arc::new(Aim {
                pod,
                uid,
                port,
                over,
            }))
        });
        Ok(ready.next())
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "waits for a real connection, in real time"
)]
async fn pause(length: Duration) {
    tokio::time::sleep(length).await;
}
