//! Replies of at most 8 MiB, and watches of at most 64, so that a broken server cannot fill the memory.

use std::task::{Context, Poll};

use futures::future::BoxFuture;
use http::{Request, Response};
use http_body::Body as HttpBody;
use http_body_util::Limited;
use kube::client::Body;
use tower::{Layer, Service};

/// The longest reply, in bytes.
const REPLY_BYTES_MAX: usize = 8 * 1024 * 1024;
/// The longest watch; one that is cut goes on from where it was.
const WATCH_BYTES_MAX: usize = 64 * 1024 * 1024;

/// Puts a [`Capped`] around a service.
#[derive(Clone, Copy, Debug)]
pub(crate) struct CappedLayer;

impl<S> Layer<S> for CappedLayer {
    type Service = Capped<S>;

    fn layer(&self, inner: S) -> Capped<S> {
        Capped { inner }
    }
}

/// A service whose replies end with an error when they grow too long.
#[derive(Clone, Debug)]
pub(crate) struct Capped<S> {
    inner: S,
}

impl<S, B> Service<Request<Body>> for Capped<S>
where
    S: Service<Request<Body>, Response = Response<B>>,
    S::Future: Send + 'static,
    B: HttpBody,
{
    type Response = Response<Limited<B>>;
    type Error = S::Error;
    type Future = BoxFuture<'static, Result<Self::Response, S::Error>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let query = request.uri().query().unwrap_or_default();
        let watches = query.split('&').any(|part| part == "watch=true");
        let longest = if watches {
            WATCH_BYTES_MAX
        } else {
            REPLY_BYTES_MAX
        };
        let reply = self.inner.call(request);
        Box::pin(async move { Ok(reply.await?.map(|body| Limited::new(body, longest))) })
    }
}
