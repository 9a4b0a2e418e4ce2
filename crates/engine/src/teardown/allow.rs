//! Reaching Kubernetes before a teardown: its answers are proofs, and the access list may leave
//! this computer out.

use crate::act::{Act, Trouble, Verdict};
use crate::ports::KubeApi;
use crate::protocol::Bound;
use crate::said::{Ended, Note};
use domain::text::Text;
use ipnet::IpNet;
use std::sync::Arc;

impl Act {
    /// Adds one address to the access list when Kubernetes does not answer and the list lacks it, and
    /// waits a short while until it is enforced. The addresses that are there stay. It never fails a
    /// teardown: what could not be asked is said in the receipt.
    pub(crate) async fn allow_address(
        &self,
        address: IpNet,
        revision: &str,
    ) -> Result<Text, Trouble> {
        let not_needed = || Ok(Ended::AllowNotNeeded.into());
        let cluster = match self.cluster().await {
            Ok(cluster) => cluster,
            Err(Trouble::Failed(_) | Trouble::Stuck(_)) => return not_needed(),
            Err(other) => return Err(other),
        };
        let ask = |api: Arc<dyn KubeApi>| async move { api.nodes().await };
        if matches!(self.asked_kubernetes(ask).await?, Some(Ok(_))) {
            return not_needed();
        }
        let Ok(list) = self.tried(|| self.cloud().access_list(cluster)).await? else {
            return not_needed();
        };
        // The very address may be our own PUT of before a crash; a wider net of somebody is not.
        let own = list.addresses.contains(&address);
        let held = list.addresses.iter().any(|net| net.contains(&address));
        if !list.enabled || (held && !own) {
            return not_needed();
        }
        if !own {
            let mut wanted = list.addresses;
            wanted.push(address);
            let put = self
                .changed(|| self.cloud().set_access_list(cluster, &wanted, revision))
                .await?;
            if put.is_err() {
                return Ok(late(address));
            }
        }
        let within = self.protocol.allowed_within;
        let mut patience = self.patience(Bound {
            late: within,
            failed: within,
        });
        loop {
            let list = self.tried(|| self.cloud().access_list(cluster)).await?;
            if list.is_ok_and(|list| list.revision.as_deref() == Some(revision)) {
                let address = address.to_string();
                return Ok(Ended::Allowed { address }.into());
            }
            if patience.ask(self) == Verdict::Over {
                return Ok(late(address));
            }
            self.note(Note::WaitsAccess);
            self.pause(self.protocol.poll_access).await?;
        }
    }
}

fn late(address: IpNet) -> Text {
    let address = address.to_string();
    Ended::AllowLate { address }.into()
}
