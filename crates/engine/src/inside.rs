//! What is set up inside of Kubernetes, once it answers. Everything here can be repeated.

use crate::act::{Act, Trouble};
use crate::ports::{Answer, Kind, KubeApi};
use crate::said::{Ended, Failed, Note, failed};
use crate::silence::Silence;
use domain::InstanceId;
use domain::inventory::{GpuTest, KubeNode, Node};
use domain::plan::PoolRole;
use domain::progress::Progress;
use domain::record::{Fact, Thing};
use domain::spec::Spec;
use domain::text::Text;
use jiff::Timestamp;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

/// A node that is ready shows its GPUs within this: the plugin's image has come, and it has started.
const GPUS_EXPECTED: Duration = Duration::from_mins(5);

/// How many pods each GPU is given to, by what was accepted.
fn slices(progress: &Progress) -> u8 {
    progress.spec.as_ref().map_or(1, Spec::slices)
}

impl Act {
    /// Volumes of claims that name no class go with their claims, and bear our mark.
    pub(crate) async fn set_storage_class(&self) -> Result<Text, Trouble> {
        let tags = &[self.read(Progress::mark).await.0];
        self.inside(|api| async move { api.set_storage_class(tags).await })
            .await?;
        Ok(Ended::StorageClass.into())
    }

    /// The device plugin comes onto every GPU node, those of the autoscaler as well.
    pub(crate) async fn set_gpu_plugin(&self) -> Result<Text, Trouble> {
        let slices = self.read(slices).await;
        self.inside(|api| async move { api.set_gpu_plugin(slices).await })
            .await?;
        Ok(Ended::GpuPlugin.into())
    }

    /// A computation on the GPUs of every node of the GPU pool is right, and Kubernetes can give
    /// them away. What failed is tested anew by each run: it may have been mended.
    pub(crate) async fn test_gpus(&self) -> Result<Text, Trouble> {
        let (begun, mut patience) = (self.boot(), self.patience(self.protocol.nodes));
        let mut failed: BTreeMap<InstanceId, String> = BTreeMap::new();
        let mut seen: Vec<KubeNode> = Vec::new();
        loop {
            let sight = self.look().await?;
            let pools = self.pools_of(&sight, PoolRole::Gpu).await;
            let nodes: Vec<&Node> = pools.iter().flat_map(|pool| &pool.nodes).collect();
            // What shows its GPUs is not asked for them again while its test goes on.
            let shown = |node: &&Node| seen.iter().any(|one| one.is(node) && one.gpus > 0);
            if !nodes.iter().all(shown) {
                seen = self.inside(|api| async move { api.nodes().await }).await?;
            }
            let (mut passed, mut bare, mut gpus) = (0, Vec::new(), 0);
            let mut under_way = Vec::new();
            for node in &nodes {
                let of_it = seen.iter().find(|one| one.is(node));
                let (Some(instance), Some(of_it)) = (node.instance, of_it) else {
                    continue;
                };
                gpus += of_it.gpus;
                if of_it.gpus == 0 {
                    bare.push(node.id.to_string());
                    // The plugin may be on its way still.
                    if self.boot().saturating_sub(begun) < GPUS_EXPECTED {
                        continue;
                    }
                }
                if failed.contains_key(&instance) {
                    continue;
                }
                if self.read(|progress| has_passed(progress, instance)).await {
                    passed += 1;
                    continue;
                }
                let (name, some) = (&*of_it.name, of_it.gpus > 0);
                let test = self.inside(|api| async move { api.test_gpus(name, some).await });
                let Some(test) = test.await? else {
                    under_way.push(node.id.to_string());
                    continue;
                };
                match &test {
                    GpuTest::Passed { .. } => passed += 1,
                    GpuTest::Failed { said } => drop(failed.insert(instance, said.clone())),
                }
                self.write(Fact::GpuTested { instance, test }).await?;
            }
            let want = nodes.len();
            if passed == want && bare.is_empty() && want > 0 {
                let gpus = gpus / u32::from(self.read(slices).await);
                return Ok(Ended::Gpus { gpus, nodes: want }.into());
            }
            if let Some(said) = failed.values().next()
                && passed + failed.len() >= want
            {
                let broken =
                    |node: &&&Node| node.instance.is_some_and(|id| failed.contains_key(&id));
                let nodes = nodes.iter().filter(broken).map(|node| node.id.to_string());
                let (nodes, said) = (nodes.collect(), said.clone());
                return Err(Trouble::Failed(Failed::GpuTest { nodes, said }.into()));
            }
            let note = if bare.is_empty() {
                Note::WaitsGpuTest { passed, want }
            } else {
                Note::WaitsGpus { nodes: bare.len() }
            };
            let late = if bare.is_empty() {
                Failed::GpuTestLate { nodes: under_way }
            } else {
                Failed::NoGpus { nodes: bare }
            };
            let over = || Trouble::Failed(late.into());
            patience.wait(self, note, over)?;
            patience.pause(self, self.protocol.poll_ready).await?;
        }
    }

    /// The GPUs of nodes that came since the deploy, such as the autoscaler's. Waits for nothing.
    pub(crate) async fn test_newcomers<'a>(
        &self,
        api: &dyn KubeApi,
        nodes: impl Iterator<Item = &'a KubeNode> + Clone,
    ) -> Result<(), Trouble> {
        let now = self.ports.clock.now();
        let untested = |progress: &Progress| -> Vec<(InstanceId, Timestamp)> {
            let alive = progress.alive();
            let untested = alive.filter_map(|(thing, life)| {
                let id = thing.as_instance()?;
                let of_gpu = matches!(thing, Thing::Instance(_, _, PoolRole::Gpu));
                (of_gpu && life.gpu.is_none()).then_some((id, life.born))
            });
            untested.collect()
        };
        for (instance, born) in self.read(untested).await {
            let of_it = nodes.clone().find(|one| one.instance == Some(instance));
            let Some(node) = of_it.filter(|one| one.ready) else {
                continue;
            };
            let expected = now.duration_since(born).unsigned_abs() < GPUS_EXPECTED;
            if node.gpus == 0 && expected {
                continue;
            }
            // One that cannot be asked for now is asked for at the next look.
            if let Ok(Some(test)) = api.test_gpus(&node.name, node.gpus > 0).await {
                self.write(Fact::GpuTested { instance, test }).await?;
            }
        }
        Ok(())
    }

    /// Asks Kubernetes until it has done what is asked; only a refusal of the object itself ends it.
    pub(crate) async fn inside<T, F, Fut>(&self, ask: F) -> Result<T, Trouble>
    where
        F: Fn(Arc<dyn KubeApi>) -> Fut,
        Fut: Future<Output = Answer<T>>,
    {
        let mut patience = self.patience(self.protocol.nodes);
        let mut silence = Silence::default();
        loop {
            if let Some(api) = self.kubernetes().await? {
                match ask(api).await {
                    Ok(done) => {
                        self.answered(&silence);
                        return Ok(done);
                    }
                    Err(failure) if failure.kind == Kind::Invalid => {
                        return Err(Trouble::Failed(failed(&failure)));
                    }
                    Err(_) => {}
                }
            }
            let over = || Trouble::Failed(Failed::KubernetesLate.into());
            let note = self.silent(&mut silence).await?.unwrap_or(Note::WaitsApi);
            patience.wait(self, note, over)?;
            let each = silence.pause(self, self.protocol.poll_nodes);
            patience.pause(self, each).await?;
        }
    }
}

fn has_passed(progress: &Progress, instance: InstanceId) -> bool {
    let life = progress.instance(instance).map(|(_, life)| life);
    life.is_some_and(|life| matches!(life.gpu, Some(GpuTest::Passed { .. })))
}
