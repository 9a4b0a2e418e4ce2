//! A node's machine goes: a fresh one takes its place under another id in the same pool, or none does.
//!
//! The POST of a recycling is not one of those that make something new by a label: it names the node
//! that goes, so that a repeat finds that node gone and makes nothing.

use crate::act::{Act, Trouble};
use crate::ports::Kind;
use crate::said::{Ended, failed};
use domain::InstanceId;
use domain::NodeId;
use domain::inventory::Node;
use domain::progress::Progress;
use domain::text::Text;

impl Act {
    /// Whatever node was to be replaced before this run goes on is, once, before any step of it.
    pub(crate) async fn recycle_wished(&self) -> Result<(), Trouble> {
        let mut done = self.recycled.lock().await;
        if !*done {
            let wished = |progress: &Progress| progress.recycling.clone();
            for (node, instance) in self.read(wished).await {
                self.recycle_node(&node, instance).await?;
            }
            *done = true;
        }
        Ok(())
    }

    /// POST the recycling of one node, while the machine that the plan names is still under it.
    pub(crate) async fn recycle_node(
        &self,
        node: &NodeId,
        instance: Option<InstanceId>,
    ) -> Result<Text, Trouble> {
        self.take_node(node, instance, true).await?;
        // What comes is written down and covered as soon as it is seen.
        self.look_fresh().await?;
        let node = node.to_string();
        Ok(Ended::Recycled { node }.into())
    }

    /// DELETE one node, while the machine that the plan names is still under it.
    pub(crate) async fn delete_node(
        &self,
        node: &NodeId,
        instance: Option<InstanceId>,
    ) -> Result<Text, Trouble> {
        self.take_node(node, instance, false).await?;
        let node = node.to_string();
        Ok(Ended::Dropped { node }.into())
    }

    /// The node goes, if the machine that is meant is still under it.
    async fn take_node(
        &self,
        node: &NodeId,
        instance: Option<InstanceId>,
        replaced: bool,
    ) -> Result<(), Trouble> {
        let cluster = self.cluster().await?;
        let sight = self.look_fresh().await?;
        let same = |one: &Node| one.id == *node && one.instance == instance;
        if !sight.nodes().any(same) {
            return Ok(());
        }
        let answer = if replaced {
            let call = || self.cloud().recycle_node(cluster, node);
            self.changed(call).await?
        } else {
            let call = || self.cloud().delete_node(cluster, node);
            self.changed(call).await?
        };
        match answer {
            Ok(()) => Ok(()),
            // Somebody else, or a try whose answer was lost, was quicker.
            Err(failure) if failure.kind == Kind::NotFound => Ok(()),
            Err(failure) => Err(Trouble::Failed(failed(&failure))),
        }
    }
}
