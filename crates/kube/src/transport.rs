//! How requests travel: over TLS to a live cluster, or into a given service (the twin in memory).

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use engine::ports::{Answer, Failure, Kind, Kube, KubeApi};
use http::{Request, Response, Uri};
use http_body::Body as HttpBody;
use http_body_util::BodyExt;
use kube::client::{Body, ClientBuilder, ConfigExt};
use kube::{Client, Config};
use secrecy::{ExposeSecret as _, SecretString};
use tower::util::BoxService;
use tower::{Service, ServiceBuilder, ServiceExt, service_fn};

use crate::capped::CappedLayer;
use crate::cluster::KubeCluster;
use crate::{failure, kubeconfig};

/// Any error of a transport or of a streaming body.
pub type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// Past this, an address does not answer: the access list of LKE drops packets silently.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// Past this, a reply does not come.
const READ_TIMEOUT: Duration = Duration::from_secs(30);

type Build = dyn Fn(Config) -> kube::Result<Client> + Send + Sync;

/// The Kube port over kube-rs.
#[derive(Clone)]
pub struct KubeRs {
    build: Arc<Build>,
    /// The kubeconfig that was read last, and what it says: mostly the same one comes again.
    last: Arc<Mutex<Option<(SecretString, Config)>>>,
}

impl fmt::Debug for KubeRs {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("KubeRs")
    }
}

impl KubeRs {
    /// Over TLS (rustls with ring), to the server that the kubeconfig names, trusting its CA alone.
    pub fn live() -> Self {
        // An error says that the process has a provider already, which is as good.
        let _installed = rustls::crypto::ring::default_provider().install_default();
        Self {
            build: Arc::new(|config| {
                Ok(ClientBuilder::try_from(config)?
                    .with_layer(&CappedLayer)
                    .build())
            }),
            last: Arc::default(),
        }
    }

    /// Into services: `factory` is asked once per connected cluster, with the kubeconfig's server
    /// URL. Requests bear the bearer token and the full URL, as they would on the wire.
    pub fn over<F, S, B>(factory: F) -> Self
    where
        F: Fn(&Uri) -> S + Send + Sync + 'static,
        S: Service<Request<Bytes>, Response = Response<B>> + Clone + Send + 'static,
        S::Error: Into<BoxError>,
        S::Future: Send,
        B: HttpBody<Data = Bytes> + Send + 'static,
        B::Error: Into<BoxError>,
    {
        let build = move |config: Config| {
            let wire = ServiceBuilder::new()
                .layer(config.base_uri_layer())
                .option_layer(config.auth_layer()?)
                .map_err(BoxError::from)
                .service(whole(factory(&config.cluster_url)));
            let wire: BoxService<_, Response<B>, BoxError> = BoxService::new(wire);
            Ok(ClientBuilder::new(wire, config.default_namespace)
                .with_layer(&CappedLayer)
                .build())
        };
        Self {
            build: Arc::new(build),
            last: Arc::default(),
        }
    }

    fn read(&self, text: &SecretString) -> Answer<Config> {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((before, config)) = &*last
            && before.expose_secret() == text.expose_secret()
        {
            return Ok(config.clone());
        }
        let config = kubeconfig::read(text)?;
        *last = Some((text.clone(), config.clone()));
        Ok(config)
    }
}

/// Gives `service` requests whose body is read.
fn whole<S, B>(
    service: S,
) -> impl Service<Request<Body>, Response = Response<B>, Error = BoxError, Future: Send> + Clone + Send
where
    S: Service<Request<Bytes>, Response = Response<B>> + Clone + Send + 'static,
    S::Error: Into<BoxError>,
    S::Future: Send,
    B: Send + 'static,
{
    service_fn(move |request: Request<Body>| {
        let service = service.clone();
        async move {
            let (head, body) = request.into_parts();
            let body = body.collect().await?.to_bytes();
            service
                .oneshot(Request::from_parts(head, body))
                .await
                .map_err(Into::into)
        }
    })
}

#[async_trait]
impl Kube for KubeRs {
    async fn connect(&self, kubeconfig: &SecretString) -> Answer<Arc<dyn KubeApi>> {
        let mut config = self.read(kubeconfig)?;
        config.connect_timeout = Some(CONNECT_TIMEOUT);
        config.read_timeout = Some(READ_TIMEOUT);
        config.reset_reader_on_write = true;
        config.default_retry = false;
        let (build, mut patient) = (Arc::clone(&self.build), config.clone());
        patient.read_timeout = None;
        let client = (self.build)(config).map_err(|error| {
            let mut failed = failure::of("make a Kubernetes client", error);
            (failed.kind, failed.never_sent) = (Kind::Invalid, true);
            failed
        })?;
        let patient = move || build(patient.clone());
        Ok(Arc::new(KubeCluster::new(client, patient)) as Arc<dyn KubeApi>) as Result<_, Failure>
    }
}
