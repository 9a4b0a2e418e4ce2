//! What a teardown does through Kubernetes, while it is still there. When it does not answer,
//! nothing is deleted through it, and the receipt says so.

use crate::act::{Act, Trouble, Verdict};
use crate::ports::{Answer, Kind, KubeApi};
use crate::protocol::Bound;
use crate::said::{Ended, Failed, Note, words};
use domain::VolumeId;
use domain::inventory::{PersistentVolume, Volume};
use domain::progress::Progress;
use domain::record::{Fact, HeldVolume, Thing, ThingKind};
use domain::text::Text;
use std::sync::Arc;

impl Act {
    /// Asks Kubernetes a few times; `None`: it does not answer, or there is no cluster.
    pub(crate) async fn asked_kubernetes<T, F, Fut>(
        &self,
        ask: F,
    ) -> Result<Option<Answer<T>>, Trouble>
    where
        F: Fn(Arc<dyn KubeApi>) -> Fut,
        Fut: Future<Output = Answer<T>>,
    {
        let Some(cluster) = self.read(Progress::cluster).await else {
            return Ok(None);
        };
        let mut tried = 0;
        loop {
            let api = match self.kubernetes().await {
                Ok(api) => api,
                // A kubeconfig that we refuse, or of a cluster without proofs, is not asked.
                Err(Trouble::Failed(_) | Trouble::Stuck(_)) => return Ok(None),
                Err(other) => return Err(other),
            };
            if let Some(api) = api {
                match ask(api).await {
                    Err(failure)
                        if matches!(
                            failure.kind,
                            Kind::Unavailable | Kind::Unknown | Kind::RateLimited
                        ) => {}
                    Err(failure) if failure.kind == Kind::Unauthorized => return Ok(None),
                    answer => return Ok(Some(answer)),
                }
            }
            // A Kubernetes that does not answer counts only while Linode does: else we are offline.
            let asked = self.boot();
            let there = self.tried(|| self.cloud().cluster(cluster)).await?;
            if there.is_err_and(|failure| failure.kind == Kind::NotFound) {
                return Ok(None);
            }
            tried += u32::from(self.boot().saturating_sub(asked) < self.protocol.retry_min);
            if tried >= self.protocol.kubernetes_tries {
                return Ok(None);
            }
            self.pause(self.backoff(tried.max(1))).await?;
        }
    }

    /// Reads PersistentVolumes, and volumes that hang on our machines, and writes them down; and the
    /// machines and NodeBalancers, which can be told as ours only while the cluster is there.
    pub(crate) async fn read_volumes(&self) -> Result<Text, Trouble> {
        let cluster = self.read(Progress::cluster).await;
        match self.cluster().await {
            Ok(proven) => self.note_children(&[proven]).await?,
            // There is none, or none that is surely ours: its children are not told as ours.
            Err(Trouble::Failed(_) | Trouble::Stuck(_)) => {}
            Err(other) => return Err(other),
        }
        let ask = |api: Arc<dyn KubeApi>| async move { api.persistent_volumes().await };
        let answer = self.asked_kubernetes(ask).await?.and_then(Result::ok);
        // Without a cluster nothing more can be learned: what was known stays as good as it was.
        let known = self.read(|progress| progress.volumes_complete).await;
        let complete = answer.is_some() || (cluster.is_none() && known.unwrap_or(true));
        let found = self.hold(answer.unwrap_or_default(), complete).await?;
        Ok(if complete {
            Ended::Volumes { count: found }.into()
        } else {
            Ended::KubernetesSilent.into()
        })
    }

    /// Writes down which volumes are ours; what an earlier reading held is not forgotten.
    async fn hold(&self, pvs: Vec<PersistentVolume>, complete: bool) -> Result<usize, Trouble> {
        let listed = self.got(|| self.cloud().volumes()).await?;
        let machines = self
            .read(|progress| progress.alive_of(ThingKind::Instance))
            .await;
        let on_ours = |volume: &&Volume| {
            let is = |id| machines.iter().any(|thing| thing.as_instance() == Some(id));
            volume.instance.is_some_and(is)
        };
        let mut held = self.read(|progress| progress.volumes.clone()).await;
        let by_kubernetes = pvs.into_iter().filter_map(|pv| {
            let PersistentVolume {
                name,
                volume,
                claim,
                size_gb,
                retained: _,
            } = pv;
            Some(HeldVolume {
                volume: volume?,
                name,
                claim,
                size_gb,
            })
        });
        let by_machine = listed.iter().filter(on_ours).map(|volume| HeldVolume {
            volume: volume.id,
            name: volume.label.clone(),
            claim: None,
            size_gb: volume.size_gb,
        });
        for one in by_kubernetes.chain(by_machine.collect::<Vec<_>>()) {
            if !held.iter().any(|known| known.volume == one.volume) {
                held.push(one);
            }
        }
        held.sort_by_key(|one| one.volume);
        let known = self.read(|p| (p.volumes.clone(), p.volumes_complete)).await;
        if known != (held.clone(), Some(complete)) {
            self.write(Fact::Volumes {
                found: held.clone(),
                complete,
            })
            .await?;
        }
        self.note_volumes(&listed).await?;
        Ok(held.len())
    }

    /// Volumes of ours that a listing holds: new ones are written down, and those that an earlier
    /// listing lacked, which cost on.
    pub(crate) async fn note_volumes(&self, listed: &[Volume]) -> Result<(), Trouble> {
        let progress = self.book.progress().await;
        for one in listed.iter().filter(|one| progress.held(one.id)) {
            let thing = Thing::Volume(one.id);
            if self.is_new(&thing).await {
                let price = progress.prices.volume_gb.map(|gb| gb.times(one.size_gb));
                let since = one.created;
                self.write(Fact::Born {
                    thing,
                    since,
                    price,
                })
                .await?;
            }
        }
        Ok(())
    }

    /// Deletes the LoadBalancer Services and gives their NodeBalancers a while to follow.
    pub(crate) async fn delete_load_balancers(&self) -> Result<Text, Trouble> {
        if !self.protocol.sweep_children {
            return Ok(Ended::LoadBalancers { count: 0 }.into());
        }
        let ask = |api: Arc<dyn KubeApi>| async move { api.load_balancers().await };
        let Some(Ok(services)) = self.asked_kubernetes(ask).await? else {
            return Ok(Ended::KubernetesSilent.into());
        };
        let count = services.len();
        if count > 0 {
            // Once they are gone nothing tells any more that they cost.
            let clusters = self.read(Progress::clusters_ever).await;
            self.note_nodebalancers(&clusters).await?;
            self.own().await?;
        }
        let services = &services;
        let ask = |api: Arc<dyn KubeApi>| async move {
            for one in services {
                let (namespace, name) = (&one.service.namespace, &one.service.name);
                api.delete_service(namespace, name).await?;
            }
            Ok(())
        };
        if count > 0 && !matches!(self.asked_kubernetes(ask).await?, Some(Ok(()))) {
            return Ok(Ended::KubernetesSilent.into());
        }
        let follow = self.protocol.balancers_follow;
        let mut patience = self.patience(Bound {
            late: follow,
            failed: follow,
        });
        loop {
            let clusters = self.read(Progress::clusters_ever).await;
            let left = self.note_nodebalancers(&clusters).await?.len();
            if left == 0 || count == 0 || patience.ask(self) == Verdict::Over {
                return Ok(Ended::LoadBalancers { count }.into());
            }
            self.note(Note::WaitsGone { left });
            self.pause(self.protocol.poll_gone).await?;
        }
    }

    /// Volumes that stay: their PV to Retain, read back, their claim untouched. Only of the volumes
    /// that the plan names the claim is deleted.
    pub(crate) async fn settle_volumes(&self, delete: &[VolumeId]) -> Result<Text, Trouble> {
        let ask = |api: Arc<dyn KubeApi>| async move { api.persistent_volumes().await };
        let Some(Ok(pvs)) = self.asked_kubernetes(ask).await? else {
            return Ok(Ended::KubernetesSilent.into());
        };
        self.hold(pvs.clone(), true).await?;
        let (mut kept, mut deleted) = (0, 0);
        for pv in pvs {
            let Some(volume) = pv.volume else { continue };
            let (name, claim) = (pv.name.clone(), pv.claim.clone());
            let named = delete.contains(&volume);
            if !named && pv.retained {
                kept += 1;
                continue;
            }
            self.own().await?;
            let ask = |api: Arc<dyn KubeApi>| {
                let (name, claim) = (name.clone(), claim.clone());
                async move {
                    match claim {
                        Some((namespace, claim)) if named => {
                            api.delete_claim(&namespace, &claim).await
                        }
                        None if named => Ok(()),
                        Some(_) | None => api.retain_volume(&name).await,
                    }
                }
            };
            match self.asked_kubernetes(ask).await? {
                Some(Ok(())) if named => deleted += 1,
                Some(Ok(())) => kept += 1,
                // Nothing was deleted, so the volume is as safe as before.
                None => return Ok(Ended::KubernetesSilent.into()),
                Some(Err(failure)) if failure.kind == Kind::NotFound => {}
                Some(Err(failure)) => {
                    let (volume, said) = (volume.to_string(), words(&failure));
                    return Err(Trouble::Stuck(
                        Failed::VolumeNotRetained { volume, said }.into(),
                    ));
                }
            }
        }
        Ok(Ended::Settled { kept, deleted }.into())
    }
}
