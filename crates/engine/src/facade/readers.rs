//! A read-only kubeconfig for a colleague: its token reads what Kubernetes' role `view` reads, ends by
//! itself, and can be taken back. Kubernetes keeps the list; no journal does.

use super::problem::{Said, problem};
use super::{Engine, Held};
use crate::kubectl::with_token;
use domain::DeploymentId;
use domain::view::{Problem, Reader};
use jiff::SignedDuration;
use secrecy::SecretString;

/// Kubernetes gives no token for less.
const LENGTH_MIN: SignedDuration = SignedDuration::from_mins(10);
/// For longer nobody remembers to whom it was given.
const LENGTH_MAX: SignedDuration = SignedDuration::from_hours(30 * 24);
/// The longest name.
const NAME_MAX: usize = 40;

impl Engine {
    /// Who was given a read-only kubeconfig, as Kubernetes knows it.
    pub async fn readers(&self, id: &DeploymentId) -> Result<Vec<Reader>, Problem> {
        let held = self.mine(id).await?;
        let api = self.answering(&held).await?;
        self.told(api.readers().await)
    }

    /// Makes one. `name`: for whom; without it one is made up.
    pub async fn share_kubeconfig(
        &self,
        id: &DeploymentId,
        name: Option<&str>,
        length: SignedDuration,
    ) -> Result<(SecretString, Reader), Problem> {
        let held = self.mine(id).await?;
        let made_up = || {
            let ulid = self.ports.ids.ulid(self.ports.clock.now());
            format!("reader-{}", &ulid[ulid.len() - 6..])
        };
        let name = name.map_or_else(made_up, ToOwned::to_owned);
        if !fits(&name) {
            let what = Said::ReaderName { name };
            return Err(problem(what, None, Some(Said::ReaderNameFix)));
        }
        if !(LENGTH_MIN..=LENGTH_MAX).contains(&length) {
            return Err(problem(
                Said::ReaderLength,
                None,
                Some(Said::ReaderLengthFix),
            ));
        }
        let api = self.answering(&held).await?;
        let there = self.told(api.readers().await)?;
        if there.iter().any(|one| one.name == name) {
            let what = Said::ReaderThere { name };
            return Err(problem(what, None, Some(Said::ReaderThereFix)));
        }
        let own = self.kubeconfig(id).await?;
        let (token, reader) = self.told(api.admit_reader(&name, length).await)?;
        let Some(shared) = with_token(&own, &name, &token) else {
            return Err(problem(Said::KubeconfigNotReady, None, None));
        };
        let cluster = self.stands(&held)?;
        let endpoints = self.told(self.ports.cloud.api_endpoints(cluster).await)?;
        let clean = (self.ports.clean_kubeconfig)(&shared, &endpoints);
        Ok((self.told(clean)?, reader))
    }

    /// Takes one back: its token ceases to work with its account.
    pub async fn dismiss_reader(&self, id: &DeploymentId, name: &str) -> Result<(), Problem> {
        let held = self.mine(id).await?;
        let api = self.answering(&held).await?;
        let there = self.told(api.readers().await)?;
        if !there.iter().any(|one| one.name == name) {
            let name = name.to_owned();
            let what = Said::ReaderMissing { name };
            return Err(problem(what, None, Some(Said::ReaderMissingFix)));
        }
        self.told(api.dismiss_reader(name).await)
    }

    /// A deployment of this account that this computer looks after.
    pub(super) async fn mine(&self, id: &DeploymentId) -> Result<Held, Problem> {
        self.account().await?;
        self.still_own(id).await?;
        let held = self.known(id)?;
        self.must_be_here(&held)?;
        Ok(held)
    }
}

/// A name that Kubernetes takes for an account.
fn fits(name: &str) -> bool {
    let inside = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    (1..=NAME_MAX).contains(&name.len())
        && name.chars().all(inside)
        && !name.starts_with('-')
        && !name.ends_with('-')
}
