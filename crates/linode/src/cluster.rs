//! What is more than one reply parsed: the kubeconfig and the access list.

use crate::LinodeCloud;
use crate::call::{Counted, parse};
use crate::failure;
use crate::wire::{AccessListReply, ClusterReply, KubeconfigReply};
use base64::Engine as _;
use domain::ClusterId;
use domain::inventory::AccessList;
use engine::ports::{Answer, Failure, Kind};
use secrecy::SecretString;

pub(crate) fn path(id: ClusterId, rest: &str) -> String {
    format!("/v4/lke/clusters/{id}{rest}")
}

impl LinodeCloud {
    pub(crate) async fn read_kubeconfig(&self, id: ClusterId) -> Answer<SecretString> {
        let operation = "read the kubeconfig";
        let path = path(id, "/kubeconfig");
        let reply = self.caller.read(Counted::Poll, operation, &path).await?;
        // What is wrong with it must not be quoted: it holds a secret.
        let unreadable = || {
            let why = "the kubeconfig is not base64 text in JSON".to_owned();
            failure::unreadable(operation, reply.status, why)
        };
        let encoded: KubeconfigReply =
            serde_json::from_slice(&reply.body).map_err(|_| unreadable())?;
        let encoded: String = encoded.kubeconfig.split_whitespace().collect();
        if encoded.is_empty() {
            let mut failure = Failure::new(Kind::Unavailable, operation);
            failure.status = Some(reply.status.as_u16());
            return Err(failure);
        }
        let decoded = base64::engine::general_purpose::STANDARD.decode(encoded);
        let text = decoded.ok().and_then(|bytes| String::from_utf8(bytes).ok());
        text.map(SecretString::from).ok_or_else(unreadable)
    }

    pub(crate) async fn read_access_list(&self, id: ClusterId) -> Answer<AccessList> {
        let operation = "read the access list";
        let never_made = AccessList {
            enabled: false,
            addresses: Vec::new(),
            revision: None,
        };
        let path = path(id, "/control_plane_acl");
        match self.caller.read(Counted::Poll, operation, &path).await {
            Ok(reply) => {
                let list: AccessListReply = parse(operation, &reply)?;
                let why = || "an address in the access list is none".to_owned();
                list.read()
                    .ok_or_else(|| failure::unreadable(operation, reply.status, why()))
            }
            Err(failure) if failure.kind == Kind::Invalid => Ok(never_made),
            // Absent is the list, or the whole cluster: only the cluster itself can tell.
            Err(failure) if failure.kind == Kind::NotFound => {
                self.read_cluster(id).await.map(|_| never_made)
            }
            Err(failure) => Err(failure),
        }
    }

    pub(crate) async fn read_cluster(&self, id: ClusterId) -> Answer<ClusterReply> {
        self.caller
            .get(Counted::Other, "read the cluster", &path(id, ""))
            .await
    }
}
