//! One function for each intent of the window: parse, call, convert. Nothing is decided here.
//!
//! Arguments are ids and typed values; paths come from native dialogs. Everything that fails is a
//! `Problem` in words.

use crate::arguments::{Deployment, Plan, Token, Typed};
use crate::lifecycle::WINDOW;
use crate::preferences::{self, Theme};
use crate::pump::{self, Ended};
use crate::shell::{Shell, Stand, lock};
use crate::{account, wiring};
use domain::catalog::Catalog;
use domain::spec::{FirewallRule, Spec};
use domain::view::{
    AccountCard, AccountSearch, CloudKind, NoticeAction, Problem, ReceiptView, Review,
    TeardownReview, Update,
};
use domain::{DeploymentId, VolumeId};
use engine::facade::For;
use tauri::ipc::Channel;
use tauri::{AppHandle, Manager, Runtime, State};

type Answer<T> = Result<T, Problem>;

/// A snapshot, then every change, for as long as the window listens; also across clouds.
#[tauri::command]
pub(crate) async fn subscribe<R: Runtime>(
    app: AppHandle<R>,
    channel: Channel<Update>,
) -> Answer<()> {
    #[cfg(feature = "load")]
    if let Some(port) = crate::environment::load() {
        crate::load::show(&app, port, channel);
        return Ok(());
    }
    let mut stand = app.state::<Shell>().stand.subscribe();
    let handle = app.clone();
    let task = tauri::async_runtime::spawn(async move {
        loop {
            let on = match &*stand.borrow_and_update() {
                Stand::On(session) => Some(session.engine.subscribe()),
                Stand::Starting | Stand::Failed(_) => None,
            };
            let ended = async {
                match on {
                    Some((snapshot, deltas)) => {
                        let shell = handle.state::<Shell>();
                        let send = |update| channel.send(shell.dressed(update)).is_ok();
                        pump::follow(snapshot, deltas, send).await
                    }
                    None => std::future::pending().await,
                }
            };
            let moved = tokio::select! {
                ended = ended => match ended {
                    Ended::Behind => continue,
                    Ended::Window => return,
                    Ended::Source => stand.changed().await,
                },
                moved = stand.changed() => moved,
            };
            if moved.is_err() {
                return;
            }
        }
    });
    app.state::<Shell>().follow_by(task.inner().abort_handle());
    // A window that could not be given a cloud says why, once it is there to say it.
    app.state::<Shell>().session().await.map(drop)
}

/// The form's first Spec: the product's defaults, and what was chosen last.
#[tauri::command]
pub(crate) async fn start_form<R: Runtime>(
    app: AppHandle<R>,
    shell: State<'_, Shell>,
) -> Answer<Spec> {
    let session = shell.session().await?;
    let kept = preferences::read(&app);
    let mut spec = Spec::for_user(&local::user_name());
    spec.prefix = kept.prefix.unwrap_or(spec.prefix);
    spec.region = kept.region.unwrap_or(spec.region);
    // Without a catalog the form still comes; the review says what is wrong.
    if let Ok(catalog) = session.engine.catalog().await {
        let version = catalog.version_or_newest(&spec.kubernetes_version);
        spec.kubernetes_version = version.unwrap_or(spec.kubernetes_version);
    }
    Ok(spec)
}

/// What the provider offers.
#[tauri::command]
pub(crate) async fn catalog(shell: State<'_, Shell>) -> Answer<Catalog> {
    let catalog = shell.session().await?.engine.catalog().await?;
    Ok(Catalog::clone(&catalog))
}

/// What a Spec would become.
#[tauri::command]
pub(crate) async fn review(shell: State<'_, Shell>, spec: Spec) -> Answer<Review> {
    let session = shell.session().await?;
    let review = session.engine.review(spec, For::New).await?;
    *lock(&session.reviewed) = review.plan.as_ref().map(|plan| {
        (
            plan.clone(),
            review.spec.prefix.clone(),
            review.spec.region.clone(),
        )
    });
    Ok(review)
}

/// What other bounds of the autoscaler would change and cost; `deploy` accepts its plan.
#[tauri::command]
pub(crate) async fn review_size(
    shell: State<'_, Shell>,
    deployment: Deployment,
    at_least: u32,
    at_most: u32,
) -> Answer<Review> {
    let engine = &shell.session().await?.engine;
    engine.review_size(&deployment.0, at_least, at_most).await
}

/// What other rules of the node firewall would change; none are given to see those that stand.
/// `deploy` accepts its plan.
#[tauri::command]
pub(crate) async fn review_rules(
    shell: State<'_, Shell>,
    deployment: Deployment,
    rules: Option<Vec<FirewallRule>>,
) -> Answer<Review> {
    let engine = &shell.session().await?.engine;
    engine.review_rules(&deployment.0, rules).await
}

/// What else costs on the account; nothing of it is touched.
#[tauri::command]
pub(crate) async fn search_account(shell: State<'_, Shell>) -> Answer<AccountSearch> {
    shell.session().await?.engine.search_account().await
}

/// This computer's public addresses as CIDRs; asked for only by this.
#[tauri::command]
pub(crate) async fn my_addresses(shell: State<'_, Shell>) -> Answer<Vec<String>> {
    let mine = shell.session().await?.engine.my_addresses().await?;
    Ok(mine.iter().map(ToString::to_string).collect())
}

/// Accepts a reviewed plan and begins it.
#[tauri::command]
pub(crate) async fn deploy<R: Runtime>(
    app: AppHandle<R>,
    shell: State<'_, Shell>,
    plan: Plan,
    unknown_price: bool,
) -> Answer<DeploymentId> {
    let session = shell.session().await?;
    let deployment = session.engine.accept(&plan.0, unknown_price).await?;
    let reviewed = lock(&session.reviewed)
        .take()
        .filter(|(reviewed, ..)| *reviewed == plan.0);
    if let Some((_, prefix, region)) = reviewed {
        preferences::change(&app, |kept| {
            kept.prefix = Some(prefix);
            kept.region = Some(region);
        });
    }
    Ok(deployment)
}

/// Stops the run and undoes what it made.
#[tauri::command]
pub(crate) async fn cancel(shell: State<'_, Shell>, deployment: Deployment) -> Answer<()> {
    shell.session().await?.engine.cancel(&deployment.0).await
}

/// A button of a deployment's notice.
#[tauri::command]
pub(crate) async fn act(
    shell: State<'_, Shell>,
    deployment: Deployment,
    action: NoticeAction,
) -> Answer<()> {
    shell
        .session()
        .await?
        .engine
        .act(&deployment.0, action)
        .await
}

/// Looks after a deployment of another computer from now on; the window has asked.
#[tauri::command]
pub(crate) async fn take_over(shell: State<'_, Shell>, deployment: Deployment) -> Answer<()> {
    let engine = &shell.session().await?.engine;
    engine.take_over(&deployment.0, None).await
}

/// What a teardown would take and leave.
#[tauri::command]
pub(crate) async fn review_teardown(
    shell: State<'_, Shell>,
    deployment: Deployment,
    delete: Vec<VolumeId>,
) -> Answer<TeardownReview> {
    shell
        .session()
        .await?
        .engine
        .review_teardown(&deployment.0, &delete)
        .await
}

/// Tears down, when the right name was typed.
#[tauri::command]
pub(crate) async fn tear_down(
    shell: State<'_, Shell>,
    deployment: Deployment,
    typed: Typed,
    delete: Vec<VolumeId>,
) -> Answer<()> {
    shell
        .session()
        .await?
        .engine
        .tear_down(&deployment.0, &typed.0, &delete)
        .await
}

/// The receipt of a teardown.
#[tauri::command]
pub(crate) async fn receipt(
    shell: State<'_, Shell>,
    deployment: Deployment,
) -> Answer<ReceiptView> {
    shell.session().await?.engine.receipt(&deployment.0)
}

/// Checks a token, keeps it, and moves the window to its account.
#[tauri::command]
pub(crate) async fn connect_account<R: Runtime>(
    app: AppHandle<R>,
    token: Token,
) -> Answer<AccountCard> {
    account::connect(&app, token).await
}

/// The same with the token of linode-cli, which never comes to the window.
#[tauri::command]
pub(crate) async fn connect_from_cli<R: Runtime>(app: AppHandle<R>) -> Answer<AccountCard> {
    account::connect_from_cli(&app).await
}

/// Forgets the account's token everywhere.
#[tauri::command]
pub(crate) async fn forget_account<R: Runtime>(app: AppHandle<R>) -> Answer<()> {
    account::forget(&app).await
}

/// Moves the window to a cloud.
#[tauri::command]
pub(crate) async fn use_cloud<R: Runtime>(app: AppHandle<R>, cloud: CloudKind) -> Answer<()> {
    wiring::stand_on(&app, cloud).await
}

/// What the window remembers of how it looks.
#[derive(serde::Serialize)]
pub(crate) struct Look {
    theme: Theme,
    notify: bool,
}

/// What is remembered.
#[expect(
    clippy::needless_pass_by_value,
    reason = "a command owns its arguments"
)]
#[tauri::command]
pub(crate) fn preferences<R: Runtime>(app: AppHandle<R>) -> Look {
    let kept = preferences::read(&app);
    Look {
        theme: kept.theme,
        notify: kept.notify,
    }
}

/// Chooses how the window looks.
#[expect(
    clippy::needless_pass_by_value,
    reason = "a command owns its arguments"
)]
#[tauri::command]
pub(crate) fn set_theme<R: Runtime>(app: AppHandle<R>, theme: Theme) {
    preferences::change(&app, |kept| kept.theme = theme);
    if app.get_webview_window(WINDOW).is_some() {
        preferences::show(&app, theme);
    }
}

/// Chooses whether news are told outside of the window.
#[expect(
    clippy::needless_pass_by_value,
    reason = "a command owns its arguments"
)]
#[tauri::command]
pub(crate) fn set_notify<R: Runtime>(app: AppHandle<R>, notify: bool) {
    preferences::change(&app, |kept| kept.notify = notify);
}
