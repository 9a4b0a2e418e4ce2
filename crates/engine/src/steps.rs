//! From a step's action to what does it.

use crate::act::{Act, Trouble};
use crate::change::must_cut_nothing;
use crate::said::Ended;
use crate::want::Want;
use domain::plan::Action;
use domain::progress::StepPhase;
use domain::record::Fact;
use domain::text::Text;

impl Act {
    /// A step from its start to its end.
    pub(crate) async fn whole(&self) -> Result<Text, Trouble> {
        let step = self.step;
        let begun = self.read(|progress| {
            let run = progress.run.as_ref()?;
            let action = run.plan.steps.get(step)?.action.clone();
            Some((run.plan.id.clone(), action, run.steps.get(step)?.phase))
        });
        let (plan, action, phase) = begun.await.ok_or(Trouble::Halt)?;
        if phase == StepPhase::Pending {
            self.write(Fact::Started { plan, step }).await?;
        }
        self.go_on()?;
        self.recycle_wished().await?;
        self.act(&action).await
    }

    async fn act(&self, action: &Action) -> Result<Text, Trouble> {
        match action {
            Action::CheckAccount => self.check_account().await,
            Action::CreateFirewall(want) => {
                must_cut_nothing(&want.rules)?;
                self.drop_duplicates().await?;
                self.make(Want::Firewall(want.clone())).await
            }
            Action::CreateCluster(want) => {
                self.drop_duplicates().await?;
                self.make(Want::Cluster(want.clone())).await
            }
            Action::CreateGpuPool(want) => {
                self.drop_duplicates().await?;
                self.make(Want::Pool(self.cluster().await?, want.clone()))
                    .await
            }
            Action::AwaitAccessList { revision } => self.await_access(revision).await,
            Action::AwaitKubeconfig => self.await_kubeconfig().await,
            Action::AwaitNodes { pool } => self.await_nodes(*pool).await,
            Action::SetGpuPlugin => self.set_gpu_plugin().await,
            Action::TestGpus => self.test_gpus().await,
            Action::SetStorageClass => self.set_storage_class().await,
            Action::RecycleNode { node, instance } => self.recycle_node(node, *instance).await,
            Action::DeleteNode { node, instance } => self.delete_node(node, *instance).await,
            Action::ScalePool { pool, count } => self.scale(*pool, *count).await,
            Action::SetAutoscaler { pool, bounds } => self.set_autoscaler(*pool, *bounds).await,
            Action::CoverNodes => self.cover_nodes().await,
            Action::SetAccessList { access, revision } => self.set_access(access, revision).await,
            Action::SetFirewallRules { rules } => self.set_rules(rules).await,
            Action::GuardBalancer { service, access } => self.guard_balancer(service, access).await,
            Action::InstallController { rules } => self.install_controller(rules).await,
            Action::HandOver => self.hand_over().await,
            Action::RemoveController { rules } => self.remove_controller(rules).await,
            Action::EndController => self.end_controller().await,
            Action::SetTags { tags } => self.set_tags(tags).await,
            Action::SetStop => Ok(Ended::Stop.into()),
            Action::AllowAddress { address, revision } => {
                self.allow_address(*address, revision).await
            }
            Action::ReadVolumes => self.read_volumes().await,
            Action::DeleteLoadBalancers => self.delete_load_balancers().await,
            Action::SettleVolumes { delete } => self.settle_volumes(delete).await,
            Action::DeleteCluster => self.delete_clusters().await,
            Action::AwaitInstancesGone => self.await_instances_gone().await,
            Action::DeleteNodeBalancers => self.delete_nodebalancers().await,
            Action::DeleteVolumes { delete } => self.delete_volumes(delete).await,
            Action::DeleteFirewall => self.delete_firewalls().await,
            Action::ProveZero => self.prove_zero().await,
        }
    }
}
