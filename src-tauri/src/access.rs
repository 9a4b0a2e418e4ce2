//! The intents around who may connect: the access list read and edited, and how this computer's own
//! address is asked for.

use crate::arguments::{Deployment, Network, Service, Typed};
use crate::said::{Said, because, problem};
use crate::shell::Shell;
use domain::diagnostic::{Diagnostic, Field};
use domain::rules;
use domain::view::{AccessEnd, AccessShown, AddressAsking, Problem};
use engine::facade::{AccessDone, AccessEdit};
use engine::run::End;
use tauri::State;

type Answer<T> = Result<T, Problem>;

/// The access list as the cloud has it now.
#[tauri::command]
pub(crate) async fn access_list(
    shell: State<'_, Shell>,
    deployment: Deployment,
) -> Answer<AccessShown> {
    let engine = &shell.session().await?.engine;
    let list = engine.access(&deployment.0).await?;
    Ok(AccessShown {
        enabled: list.enabled,
        addresses: list.addresses.iter().map(ToString::to_string).collect(),
    })
}

/// What is wrong with a list as it was typed; the same words as the form's and the cli's.
#[expect(
    clippy::needless_pass_by_value,
    reason = "a command owns its arguments"
)]
#[tauri::command]
pub(crate) fn check_access(list: Vec<Typed>) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    let mut networks = Vec::new();
    for Typed(text) in &list {
        match rules::network(Field::KubectlAccess, text) {
            Ok(network) => networks.push(network),
            Err(wrong) => found.push(wrong),
        }
    }
    // Of a list that cannot be read as a whole only that is said.
    if found.is_empty() {
        rules::access_list(&networks, &mut found);
    }
    found
}

/// Edits the access list, and answers when the cloud shows that it is enforced.
#[tauri::command]
pub(crate) async fn edit_access(
    shell: State<'_, Shell>,
    deployment: Deployment,
    add: Vec<Network>,
    remove: Vec<Network>,
    without_me: bool,
) -> Answer<AccessEnd> {
    let engine = &shell.session().await?.engine;
    let nets = |all: Vec<Network>| all.into_iter().map(|one| one.0).collect();
    let edit = AccessEdit {
        add: nets(add),
        remove: nets(remove),
        without_me,
    };
    Ok(match engine.edit_access(&deployment.0, &edit).await? {
        AccessDone::Nothing => AccessEnd::Nothing,
        AccessDone::Enforced => AccessEnd::Beside,
        AccessDone::Run => match engine.wait(&deployment.0).await {
            Some(End::Done) => AccessEnd::Enforced,
            _ => AccessEnd::Stopped,
        },
    })
}

/// Lets only the list for web UIs through a load balancer, and answers when that is read back.
#[tauri::command]
pub(crate) async fn guard_balancer(
    shell: State<'_, Shell>,
    deployment: Deployment,
    service: Service,
) -> Answer<AccessEnd> {
    let engine = &shell.session().await?.engine;
    engine.guard_balancer(&deployment.0, &service.0).await?;
    Ok(match engine.wait(&deployment.0).await {
        Some(End::Done) => {
            engine.observe_once(&deployment.0).await;
            AccessEnd::Enforced
        }
        _ => AccessEnd::Stopped,
    })
}

/// The controller inside of the cluster keeps the firewall, or ours does again; answers when that is
/// read back.
#[tauri::command]
pub(crate) async fn set_controller(
    shell: State<'_, Shell>,
    deployment: Deployment,
    on: bool,
) -> Answer<AccessEnd> {
    let engine = &shell.session().await?.engine;
    match engine.set_controller(&deployment.0, on).await? {
        AccessDone::Nothing | AccessDone::Enforced => return Ok(AccessEnd::Nothing),
        AccessDone::Run => {}
    }
    Ok(match engine.wait(&deployment.0).await {
        Some(End::Done) => {
            engine.observe_once(&deployment.0).await;
            AccessEnd::Enforced
        }
        _ => AccessEnd::Stopped,
    })
}

/// Who is told when this computer asks for its address, and whether it asks by itself.
#[tauri::command]
pub(crate) async fn address_asking(shell: State<'_, Shell>) -> Answer<AddressAsking> {
    let engine = &shell.session().await?.engine;
    Ok(AddressAsking {
        services: engine.address_services(),
        always: engine.asks_address_always(),
    })
}

/// Whether the address may be asked for without a click from now on; the window named who is told.
#[tauri::command]
pub(crate) async fn always_ask_address(shell: State<'_, Shell>, always: bool) -> Answer<()> {
    let engine = &shell.session().await?.engine;
    engine.always_ask_address(always).map_err(|error| {
        let path = shell.home.display().to_string();
        let fix = Some(Said::HomeNotUsableFix);
        because(problem(Said::HomeNotUsable { path }, None, fix), &error)
    })
}
