//! A cluster's Kubernetes that looks keep between them, so that it is watched.
//!
//! It is another one as soon as the kubeconfig is another, and begun anew after a failure: nothing
//! of rotated credentials is used on.

use crate::ports::{Answer, Kube, KubeApi};
use secrecy::{ExposeSecret as _, SecretString};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use tokio::sync::watch;

/// What is kept between looks at one deployment.
#[derive(Default)]
pub struct Lookout(Mutex<Option<Kept>>);

struct Kept {
    kubeconfig: SecretString,
    api: Arc<dyn KubeApi>,
    /// Until somebody listens to it.
    news: Option<watch::Receiver<()>>,
}

/// Who tells of changes, and how they are heard of.
pub(crate) type News = (Weak<dyn KubeApi>, watch::Receiver<()>);

impl Lookout {
    fn kept(&self) -> MutexGuard<'_, Option<Kept>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The one that is kept, when it is of this kubeconfig, else a new one.
    pub(crate) async fn connect(
        &self,
        kube: &dyn Kube,
        kubeconfig: &SecretString,
    ) -> Answer<Arc<dyn KubeApi>> {
        let same = |one: &&Kept| one.kubeconfig.expose_secret() == kubeconfig.expose_secret();
        if let Some(kept) = self.kept().as_ref().filter(same) {
            return Ok(kept.api.clone());
        }
        let api = kube.connect(kubeconfig).await?;
        let kept = Kept {
            kubeconfig: kubeconfig.clone(),
            news: Some(api.watch()),
            api: api.clone(),
        };
        *self.kept() = Some(kept);
        Ok(api)
    }

    /// Nothing is kept or watched any more.
    pub(crate) fn forget(&self) {
        *self.kept() = None;
    }

    /// What is to be listened to; each is given once.
    pub(crate) fn take_news(&self) -> Option<News> {
        let mut kept = self.kept();
        let kept = kept.as_mut()?;
        let news = kept.news.take()?;
        Some((Arc::downgrade(&kept.api), news))
    }
}
