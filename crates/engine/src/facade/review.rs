//! From a Spec to a review that can be accepted: what is wrong, what it costs, what will happen.

use super::around::not_ours;
use super::problem::{self, Said};
use super::{Engine, Held, lock};
use domain::catalog::Catalog;
use domain::change::{self, Change, changes};
use domain::diagnostic::{Diagnostic, Field, any_error};
use domain::plan::build::{Basis, Edit, plan_create, plan_update};
use domain::plan::{Plan, Prices, Purpose};
use domain::progress::Rest;
use domain::quote::quote;
use domain::rules::{self, TakenLabel};
use domain::screen;
use domain::spec::{FirewallRule, Spec};
use domain::view::{CloudKind, Problem, Review, ReviewItem};
use domain::{DeploymentId, PlanId};

/// Plans that were shown and not accepted yet; older ones are forgotten.
const SHOWN_MAX: usize = 64;

/// What a review is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum For {
    /// The form of a new cluster: a label of our own is taken too.
    New,
    /// Applying a Spec again: a label of our own names the deployment to change.
    Apply,
}

impl Engine {
    /// What a Spec would become. Reads only; with one error there is no plan.
    pub async fn review(&self, spec: Spec, what_for: For) -> Result<Review, Problem> {
        let now = self.ports.clock.now();
        let account = self.account().await?;
        let scopes = account.missing_scopes();
        if !scopes.is_empty() {
            let fix = Some(Said::TokenLacksScopesFix);
            return Err(problem::problem(
                Said::TokenLacksScopes { scopes },
                None,
                fix,
            ));
        }
        if let Some(held) = self
            .live_with_label(&spec.label())
            .filter(|_| what_for == For::Apply)
        {
            self.must_be_own(&held)?;
            at_rest(&held)?;
        }
        if what_for == For::Apply
            && let Some((id, whose)) = self.without_journal(&spec.label()).await?
        {
            return Err(not_ours(whose, &spec.label(), &id));
        }
        let catalog = self.catalog().await?;
        let taken = self.taken(what_for).await?;
        // A demo cloud's own token is random, may do everything and has no end, unless somebody
        // wants to see what is said of one: nothing to warn of.
        let random = self.here.kind == CloudKind::Demo
            && account.scopes == ["*"]
            && !account.restricted
            && account.token_expires.is_none();
        let asked = (!random).then_some(&account);
        let mut diagnostics = rules::check(&spec, Some(&catalog), &taken, asked, now);
        let own = match what_for {
            For::New => None,
            For::Apply => self.live_with_label(&spec.label()),
        };
        let quoted = quote(&spec, &catalog, now);
        let mut review = Review {
            diagnostics: Vec::new(),
            picture: screen::planned(&spec, Some(&catalog)),
            quote: screen::quote_view(&quoted),
            items: Vec::new(),
            plan: None,
            changes: own
                .as_ref()
                .map(|held| held.progress.header.deployment.clone()),
            spec: spec.clone(),
        };
        let plan = if let Some(held) = own {
            self.update(&spec, &held, &catalog, &mut review, &mut diagnostics)
                .await?
        } else {
            review.items = screen::items(&spec, &catalog, &quoted);
            (!any_error(&diagnostics) && spec.kubectl_access.is_some()).then(|| {
                let basis = self.basis(DeploymentId(self.ports.ids.ulid(now)), &account.id);
                let rules = domain::preset::firewall_rules(&spec);
                plan_create(&spec, rules, Prices::of(&spec, &catalog), basis)
            })
        };
        review.diagnostics = diagnostics;
        review.plan = plan.map(|plan| self.show(plan));
        Ok(review)
    }

    /// What other bounds of the autoscaler would change and cost. It is quoted from the lower bound
    /// on: how many nodes it began with says nothing of a cluster that stands.
    pub async fn review_size(
        &self,
        id: &DeploymentId,
        at_least: u32,
        at_most: u32,
    ) -> Result<Review, Problem> {
        let wider = |spec: Spec| Spec {
            gpu_count: at_least,
            gpu_min: at_least,
            gpu_max: at_most,
            ..spec
        };
        self.review_changed(id, wider).await
    }

    /// What other rules of the node firewall, besides those that LKE needs, would change. `None`: as
    /// they are now.
    pub async fn review_rules(
        &self,
        id: &DeploymentId,
        rules: Option<Vec<FirewallRule>>,
    ) -> Result<Review, Problem> {
        let ruled = |spec: Spec| Spec {
            firewall_rules: rules.unwrap_or_else(|| spec.firewall_rules.clone()),
            ..spec
        };
        self.review_changed(id, ruled).await
    }

    async fn review_changed(
        &self,
        id: &DeploymentId,
        change: impl FnOnce(Spec) -> Spec,
    ) -> Result<Review, Problem> {
        let held = self.known(id)?;
        let Some(spec) = held.progress.spec.clone() else {
            let name = held.progress.label().unwrap_or_else(|| id.0.clone());
            return Err(problem::problem(Said::NothingToDo { name }, None, None));
        };
        self.review(change(spec), For::Apply).await
    }

    /// Remembers a plan, so that it can be accepted by its id.
    fn show(&self, plan: Plan) -> PlanId {
        let id = plan.id.clone();
        let mut shown = lock(&self.shown);
        shown.push(plan);
        let too_many = shown.len().saturating_sub(SHOWN_MAX);
        shown.drain(..too_many);
        id
    }

    fn basis(&self, deployment: DeploymentId, account: &domain::AccountId) -> Basis {
        let now = self.ports.clock.now();
        Basis {
            plan: PlanId(self.ports.ids.ulid(now)),
            deployment,
            cloud: self.ports.cloud.id(),
            account: account.clone(),
            now,
            owner: Some(self.ports.owner.clone()),
            controller: false,
        }
    }

    /// Labels that clusters and firewalls of the account bear.
    async fn taken(&self, what_for: For) -> Result<Vec<TakenLabel>, Problem> {
        let inventory = self.labels().await?;
        let ours = |label: &str, tags: &[String]| {
            what_for == For::Apply
                && self
                    .live_with_label(label)
                    .is_some_and(|held| held.progress.mark().is_on(tags))
        };
        let clusters = inventory.clusters.iter().map(|one| (&one.label, &one.tags));
        let firewalls = inventory
            .firewalls
            .iter()
            .map(|one| (&one.label, &one.tags));
        Ok(clusters
            .chain(firewalls)
            .map(|(label, tags)| TakenLabel {
                label: label.clone(),
                ours: ours(label, tags),
            })
            .collect())
    }

    /// What an own deployment with this Spec would have to change.
    async fn update(
        &self,
        spec: &Spec,
        held: &Held,
        catalog: &Catalog,
        review: &mut Review,
        diagnostics: &mut Vec<Diagnostic>,
    ) -> Result<Option<Plan>, Problem> {
        let progress = &held.progress;
        let seen = self.seen_for_changes(held).await?;
        let accepted = progress.spec.as_ref().unwrap_or(spec);
        let found = changes(spec, &seen, accepted);
        diagnostics.extend(found.diagnostics.iter().cloned());
        let missing = |change: &&Change| matches!(change, Change::Create(_));
        diagnostics.extend(found.changes.iter().filter(missing).map(|change| {
            Diagnostic::error(Field::Whole, change.what())
                .why(Said::PartMissingWhy)
                .fix(Said::PartMissingFix)
        }));
        review.items = found.changes.iter().map(changed).collect();
        if any_error(diagnostics) || found.changes.is_empty() || found.replaces() {
            return Ok(None);
        }
        let edits: Vec<Edit> = found.changes.iter().filter_map(edit).collect();
        let now = self.ports.clock.now();
        let basis = Basis::of(progress, PlanId(self.ports.ids.ulid(now)), now);
        Ok(Some(plan_update(
            spec,
            &edits,
            Prices::of(spec, catalog),
            basis,
        )))
    }

    /// What stands of a deployment, for comparing with a Spec.
    async fn seen_for_changes(&self, held: &Held) -> Result<change::Seen, Problem> {
        let Some(id) = held.progress.cluster() else {
            return Ok(change::Seen::default());
        };
        let cloud = &self.ports.cloud;
        let failed = |failure| problem::of_failure(&failure);
        let cluster = cloud.cluster(id).await.map_err(failed)?;
        let pools = cloud.pools(id).await.map_err(failed)?;
        let access = cloud.access_list(id).await.map_err(failed)?;
        let role = |pool| (held.progress.role_of(&pool), pool);
        Ok(change::Seen {
            cluster: Some(cluster),
            pools: pools.into_iter().map(role).collect(),
            access: Some(access),
            firewall: held.progress.firewall().is_some(),
            firewall_rules: None,
        })
    }
}

/// Only what rests well can be changed; everything else says what it waits for.
fn at_rest(held: &Held) -> Result<(), Problem> {
    let name = held.progress.label().unwrap_or_default();
    let again = || name.clone();
    let leaving = matches!(
        held.progress.purpose(),
        Some(Purpose::TearDown | Purpose::RollBack)
    );
    let (what, fix) = match held.progress.rest_state() {
        Rest::Running(_) | Rest::Cancelled(_) if held.driven() => {
            (Said::RunUnderWay { name: again() }, Said::RunUnderWayFix)
        }
        Rest::Running(_) | Rest::Cancelled(_) | Rest::Failed | Rest::Stuck if leaving => (
            Said::RunLeaves { name: again() },
            Said::RunInterruptedFix { name },
        ),
        Rest::Running(_) | Rest::Cancelled(_) => (
            Said::RunInterrupted { name: again() },
            Said::RunInterruptedFix { name },
        ),
        Rest::Failed | Rest::Stuck if held.progress.created.is_none() => {
            (Said::RunRests { name: again() }, Said::RunRestsFix { name })
        }
        Rest::Idle | Rest::Done | Rest::Kept | Rest::Failed | Rest::Stuck => return Ok(()),
    };
    Err(problem::problem(what, None, Some(fix)))
}

fn changed(change: &Change) -> ReviewItem {
    ReviewItem {
        what: change.what(),
        detail: None,
        price: None,
        at_most: None,
        change: change.kind(),
    }
}

/// The request that a change asks for; a replacement is no edit.
fn edit(change: &Change) -> Option<Edit> {
    Some(match change {
        Change::Bounds { pool, to, .. } => Edit::Bounds {
            pool: *pool,
            bounds: *to,
        },
        Change::Count { pool, to, .. } => Edit::Count {
            pool: *pool,
            count: *to,
        },
        Change::Access { to, .. } => Edit::Access(to.clone()),
        Change::FirewallRules { to, .. } => Edit::Rules(to.clone()),
        Change::Tags { to, .. } => Edit::Tags(to.clone()),
        Change::Wish {
            field: Field::GpuSlices,
        } => Edit::Slices,
        Change::Stop { .. } | Change::Wish { .. } => Edit::Stop,
        Change::Create(_) | Change::Replace { .. } => return None,
    })
}
