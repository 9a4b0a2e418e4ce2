//! Steps that check or change what stands. Each is one PUT that can be repeated, and read back.

use crate::act::{Act, Trouble, hold};
use crate::said::{Ended, Failed, failed};
use domain::diagnostic::Severity;
use domain::firewall::{RuleSet, WebhookPath};
use domain::inventory::Bounds;
use domain::plan::{Action, PoolRole, Purpose};
use domain::progress::Controller;
use domain::rules::rule_set;
use domain::spec::FirewallRule;
use domain::text::Text;
use ipnet::IpNet;

impl Act {
    /// Scopes; and for a new deployment the instance type's availability and the label.
    pub(crate) async fn check_account(&self) -> Result<Text, Trouble> {
        let scopes = self.account.missing_scopes();
        if !scopes.is_empty() {
            return Err(Trouble::Failed(Failed::Scopes { scopes }.into()));
        }
        if self.read(domain::progress::Progress::purpose).await == Some(Purpose::Create) {
            self.check_offer().await?;
        }
        Ok(Ended::Account {
            user: self.account.user.clone(),
        }
        .into())
    }

    async fn check_offer(&self) -> Result<(), Trouble> {
        let Some(spec) = self.read(|progress| progress.spec.clone()).await else {
            return Ok(());
        };
        let (offered, clusters, firewalls) = futures::try_join!(
            self.got(|| self.cloud().offers(&spec.region, &spec.gpu_type)),
            self.got(|| self.cloud().clusters()),
            self.got(|| self.cloud().firewalls()),
        )?;
        let offered = if let Some(offered) = offered {
            offered
        } else {
            let catalog = self.got(|| self.cloud().catalog()).await?;
            let region = catalog.region(&spec.region);
            region.is_some_and(|region| catalog.offers(region, &spec.gpu_type))
        };
        if !offered {
            let (instance_type, region) = (spec.gpu_type.clone(), spec.region.clone());
            return Err(Trouble::Failed(
                Failed::TypeUnavailable {
                    instance_type,
                    region,
                }
                .into(),
            ));
        }
        let (label, mark) = (
            spec.label(),
            self.read(domain::progress::Progress::mark).await,
        );
        let cluster =
            |one: &domain::inventory::Cluster| one.label == label && !mark.is_on(&one.tags);
        let firewall =
            |one: &domain::inventory::Firewall| one.label == label && !mark.is_on(&one.tags);
        if clusters.iter().any(cluster) || firewalls.iter().any(firewall) {
            return Err(Trouble::Failed(Failed::LabelTaken { label }.into()));
        }
        Ok(())
    }

    /// PUT `count` alone and read it back. Never once any look showed the autoscaler on, or a plan of
    /// ours may have switched it on: a repeated count could delete a working node.
    pub(crate) async fn scale(&self, role: PoolRole, count: u32) -> Result<Text, Trouble> {
        let cluster = self.cluster().await?;
        for _ in 0..self.protocol.busy_tries {
            let sight = self.look_fresh().await?;
            let pools = self.pools_of(&sight, role).await;
            let Some(pool) = pools.first() else {
                return Err(Trouble::Failed(not_taken("count")));
            };
            let seen_on = hold(&self.autoscaled).contains(&pool.id);
            if pool.autoscaler.is_some() || seen_on || self.autoscaler_may_be_on(role).await {
                return Ok(Ended::ScaledByAutoscaler { count: pool.count }.into());
            }
            if pool.count == count {
                return Ok(Ended::Scaled { count }.into());
            }
            self.put(|| self.cloud().set_pool_count(cluster, pool.id, count))
                .await?;
        }
        Err(Trouble::Failed(not_taken("count")))
    }

    /// Whether a step of the current plan has begun to switch the autoscaler on.
    async fn autoscaler_may_be_on(&self, role: PoolRole) -> bool {
        let begun = |progress: &domain::progress::Progress| {
            let Some(run) = &progress.run else {
                return false;
            };
            let mut steps = run.plan.steps.iter().zip(&run.steps);
            steps.any(|(step, one)| {
                let Action::SetAutoscaler {
                    pool,
                    bounds: Some(_),
                } = step.action
                else {
                    return false;
                };
                pool == role && one.started.is_some()
            })
        };
        self.read(begun).await
    }

    /// PUT `autoscaler` alone and read it back.
    pub(crate) async fn set_autoscaler(
        &self,
        role: PoolRole,
        bounds: Option<Bounds>,
    ) -> Result<Text, Trouble> {
        let cluster = self.cluster().await?;
        for _ in 0..self.protocol.busy_tries {
            let sight = self.look_fresh().await?;
            let pools = self.pools_of(&sight, role).await;
            let Some(pool) = pools.first() else {
                return Err(Trouble::Failed(not_taken("autoscaler")));
            };
            if pool.autoscaler == bounds {
                if let Some(Bounds { min, max }) = bounds {
                    return Ok(Ended::Autoscaler { min, max }.into());
                }
                hold(&self.autoscaled).remove(&pool.id);
                return Ok(Ended::AutoscalerOff.into());
            }
            self.put(|| self.cloud().set_autoscaler(cluster, pool.id, bounds))
                .await?;
        }
        Err(Trouble::Failed(not_taken("autoscaler")))
    }

    /// PUT the access list, then wait until it is enforced.
    pub(crate) async fn set_access(
        &self,
        access: &[IpNet],
        revision: &str,
    ) -> Result<Text, Trouble> {
        let cluster = self.cluster().await?;
        let now = self.tried(|| self.cloud().access_list(cluster)).await?;
        if !now.is_ok_and(|list| list.enabled && list.revision.as_deref() == Some(revision)) {
            self.put(|| self.cloud().set_access_list(cluster, access, revision))
                .await?;
        }
        self.await_access(revision).await
    }

    /// PUT the firewall's rules.
    pub(crate) async fn set_rules(&self, rules: &[FirewallRule]) -> Result<Text, Trouble> {
        let firewall = self.read(domain::progress::Progress::firewall).await;
        let firewall = firewall.ok_or_else(|| Trouble::Failed(not_taken("firewall")))?;
        must_cut_nothing(rules)?;
        match self.read(|progress| progress.controller).await {
            Controller::Guards => return self.set_controllers_rules(rules).await,
            Controller::Installed | Controller::Absent => {}
        }
        self.put(|| self.cloud().set_firewall_rules(firewall, rules))
            .await?;
        Ok(Ended::Rules { count: rules.len() }.into())
    }

    /// GET, change only our own tags, PUT, GET back. Foreign tags stay byte for byte.
    pub(crate) async fn set_tags(&self, tags: &[String]) -> Result<Text, Trouble> {
        let cluster = self.cluster().await?;
        let before = self.read(|progress| {
            progress
                .spec_before
                .as_ref()
                .map(|spec| spec.tags.clone())
                .unwrap_or_default()
        });
        let (before, mark) = (
            before.await,
            self.read(domain::progress::Progress::mark).await,
        );
        for _ in 0..self.protocol.busy_tries {
            let now = self.tried(|| self.cloud().cluster(cluster)).await?;
            let now = now
                .map_err(|failure| Trouble::Failed(failed(&failure)))?
                .tags;
            let foreign = |tag: &&String| !before.contains(tag) && !tags.contains(tag);
            let mut wanted: Vec<String> = now.iter().filter(foreign).cloned().collect();
            wanted.extend(tags.iter().cloned());
            if !mark.is_on(&wanted) {
                wanted.push(mark.0.clone());
            }
            let same = |a: &[String], b: &[String]| a.iter().all(|tag| b.contains(tag));
            if same(&wanted, &now) && same(&now, &wanted) {
                return Ok(Ended::Tags.into());
            }
            self.put(|| self.cloud().set_cluster_tags(cluster, &wanted))
                .await?;
        }
        Err(Trouble::Failed(not_taken("tags")))
    }
}

/// A rule set that would cut the cluster off is never written, whoever wrote the plan.
pub(crate) fn must_cut_nothing(rules: &[FirewallRule]) -> Result<(), Trouble> {
    let found = rule_set(&RuleSet::of(rules), WebhookPath::Tunnel);
    let wrong = found
        .into_iter()
        .find(|one| one.severity == Severity::Error);
    wrong.map_or(Ok(()), |one| {
        Err(Trouble::Failed(Failed::Rules { said: one.what }.into()))
    })
}

pub(crate) fn not_taken(what: &str) -> Text {
    Failed::NotTaken {
        what: what.to_owned(),
    }
    .into()
}
