//! The Spec of a command: a tofu.tfvars file, or the defaults of this user.

use crate::args::{MyAddress, SpecArgs};
use anyhow::{Context, Result};
use domain::diagnostic::Diagnostic;
use domain::spec::Spec;
use domain::view::Problem;
use engine::facade::Engine;
use std::path::Path;

/// A Spec and where it came from.
pub(crate) struct Given {
    pub(crate) spec: Spec,
    pub(crate) file: Option<(String, String)>,
    read: Option<tofu::Read>,
}

/// Reads the file, or takes the defaults.
pub(crate) fn given(args: &SpecArgs) -> Result<Given> {
    let Some(path) = &args.var_file else {
        let spec = Spec::for_user(&local::user_name());
        return Ok(Given {
            spec,
            file: None,
            read: None,
        });
    };
    let text = read_text(path)?;
    let name = path.display().to_string();
    let read = tofu::read(&name, &text);
    Ok(Given {
        spec: read.spec.clone(),
        file: Some((name, text)),
        read: Some(read),
    })
}

fn read_text(path: &Path) -> Result<String> {
    let bytes = std::fs::read(path).with_context(|| format!("read `{}`", path.display()))?;
    String::from_utf8(bytes).with_context(|| format!("read `{}` as UTF-8", path.display()))
}

impl Given {
    /// Fills in what only the surroundings know: the user's prefix, the version that stands or is
    /// offered, and the own address where the file does not say who may connect.
    pub(crate) async fn complete(
        &mut self,
        engine: &Engine,
        mine: MyAddress,
    ) -> Result<(), Problem> {
        let catalog = engine.catalog().await?;
        if let Some(read) = &mut self.read {
            read.complete(&local::user_name(), Some(&catalog), None);
            let accepted = engine.accepted(&read.spec.label());
            read.complete(&local::user_name(), Some(&catalog), accepted.as_ref());
            self.spec = read.spec.clone();
        } else {
            let accepted = engine
                .accepted(&self.spec.label())
                .map(|spec| spec.kubernetes_version);
            let offered = || catalog.version_or_newest(&self.spec.kubernetes_version);
            if let Some(version) = accepted.or_else(offered) {
                self.spec.kubernetes_version = version;
            }
        }
        if self.spec.kubectl_access.is_some() && self.spec.ui_access.is_some() {
            return Ok(());
        }
        let mine = match mine {
            MyAddress::Is(address) => vec![address],
            MyAddress::Ask => engine.my_addresses().await?,
        };
        self.spec.kubectl_access.get_or_insert_with(|| mine.clone());
        self.spec.ui_access.get_or_insert(mine);
        Ok(())
    }

    /// What is wrong with the file itself, and the rules' diagnostics with their places in it.
    pub(crate) fn diagnostics(&self, of_rules: Vec<Diagnostic>) -> Vec<Diagnostic> {
        let Some(read) = &self.read else {
            return of_rules;
        };
        let mut all = read.diagnostics.clone();
        let said = |one: &Diagnostic| all.iter().any(|has| has.what == one.what);
        let new: Vec<_> = of_rules.into_iter().filter(|one| !said(one)).collect();
        all.extend(tofu::place(new, read));
        all
    }
}
