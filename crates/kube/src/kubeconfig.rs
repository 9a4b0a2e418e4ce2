//! From the text of a kubeconfig to kube-rs' configuration.
//!
//! The text was rebuilt from allowed atoms before it came here; what could run code, read a file or
//! leave the TLS out is refused all the same.

use base64::Engine as _;
use engine::ports::{Answer, Failure, Kind};
use http::Uri;
use http::uri::Scheme;
use kube::Config;
use kube::config::{AuthInfo, Cluster, Kubeconfig};
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject as _;
use secrecy::{ExposeSecret, SecretString};

/// Reads the current context. kube-rs' own loader is not used: it looks for proxies in the
/// environment.
pub(crate) fn read(text: &SecretString) -> Answer<Config> {
    // The parser's errors quote the text, which holds the token: they are dropped.
    let parsed = Kubeconfig::from_yaml(text.expose_secret());
    let parsed = parsed.map_err(|_| refuse("it is no kubeconfig in YAML"))?;
    let (cluster, user, namespace) =
        current(&parsed).ok_or_else(|| refuse("its current context is incomplete"))?;
    check_user(user).map_err(refuse)?;
    configure(cluster, user, namespace).map_err(refuse)
}

/// The cluster, the user and the namespace of the current context.
fn current(all: &Kubeconfig) -> Option<(&Cluster, &AuthInfo, Option<String>)> {
    let name = all.current_context.as_ref()?;
    let context = all.contexts.iter().find(|one| one.name == *name)?;
    let context = context.context.as_ref()?;
    let cluster = all
        .clusters
        .iter()
        .find(|one| one.name == context.cluster)?;
    let user = context.user.as_ref()?;
    let user = all.auth_infos.iter().find(|one| one.name == *user)?;
    let namespace = context.namespace.clone();
    Some((
        cluster.cluster.as_ref()?,
        user.auth_info.as_ref()?,
        namespace,
    ))
}

fn configure(
    cluster: &Cluster,
    user: &AuthInfo,
    namespace: Option<String>,
) -> Result<Config, &'static str> {
    if cluster.insecure_skip_tls_verify.unwrap_or(false) {
        return Err("it skips the check of the server's certificate");
    }
    if cluster.certificate_authority.is_some() || cluster.proxy_url.is_some() {
        return Err("its cluster reads a file or names a proxy");
    }
    let server: Option<Uri> = cluster
        .server
        .as_ref()
        .and_then(|server| server.parse().ok());
    let server = server.filter(|server| server.scheme() == Some(&Scheme::HTTPS));
    let authority = cluster
        .certificate_authority_data
        .as_deref()
        .unwrap_or_default();
    let mut out = Config::new(server.ok_or("its server is not https")?);
    out.root_cert = Some(certificates(authority).ok_or("it has no CA")?);
    out.auth_info = user.clone();
    out.tls_server_name.clone_from(&cluster.tls_server_name);
    if let Some(namespace) = namespace {
        out.default_namespace = namespace;
    }
    Ok(out)
}

/// The certificates of `certificate-authority-data`, DER; none when there is not one.
fn certificates(data: &str) -> Option<Vec<Vec<u8>>> {
    let pem = base64::engine::general_purpose::STANDARD
        .decode(data)
        .ok()?;
    let all: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&pem).collect();
    let all = all.ok().filter(|all| !all.is_empty())?;
    Some(all.into_iter().map(|one| one.to_vec()).collect())
}

fn refuse(why: &'static str) -> Failure {
    let mut out = Failure::new(Kind::Invalid, "use the kubeconfig");
    out.said = vec![(String::new(), why.to_owned())];
    out.never_sent = true;
    out
}

fn check_user(user: &AuthInfo) -> Result<(), &'static str> {
    let runs = user.exec.is_some() || user.auth_provider.is_some();
    let files = [&user.token_file, &user.client_certificate, &user.client_key];
    if runs || files.iter().any(|file| file.is_some()) {
        return Err("its user runs a program or reads a file");
    }
    let groups = user.impersonate_groups.iter().flatten().count();
    let extra = user.impersonate_user_extra.iter().flatten().count();
    if user.impersonate.is_some() || user.impersonate_uid.is_some() || groups + extra > 0 {
        return Err("its user impersonates another");
    }
    Ok(())
}

#[cfg(test)]
pub(crate) mod tests {
    use expect_test::{Expect, expect};
    use secrecy::SecretString;

    /// The authority of a demo cluster, which signs nothing else.
    pub(crate) const CA: &str = "\
        LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0tLS0tCk1JSUJSRENCOTZBREFnRUNBaFEwTGRMcW40Tk9hMGRTdC91N0\
        owbVNRNTJYWnpBRkJnTXJaWEF3RlRFVE1CRUcKQTFVRUF3d0thM1ZpWlhKdVpYUmxjekFlRncweU5EQXhNREV3\
        TURBd01EQmFGdzAwTkRBeE1ERXdNREF3TURCYQpNQlV4RXpBUkJnTlZCQU1NQ210MVltVnlibVYwWlhNd0tqQU\
        ZCZ01yWlhBRElRQldGZE9OWWhMTVZMd2hSRm1vCk41Ui9Ub3QydHZtS2o3ZXhxQmNSTHd2aXk2TlpNRmN3RlFZ\
        RFZSMFJCQTR3RElJS2EzVmlaWEp1WlhSbGN6QU8KQmdOVkhROEJBZjhFQkFNQ0FZWXdIUVlEVlIwT0JCWUVGQW\
        YwRXFIZkRlbWZnOE95cXphOGplaWlGNk1lTUE4RwpBMVVkRXdFQi93UUZNQU1CQWY4d0JRWURLMlZ3QTBFQVI3\
        ZHV4eVg1aHBZSG9mc3BkcWJOTmhPNVpjeVhEb3dlCjZxWms0dDRuanhURnVuaHdpdGxyMGlxYU1kcWdZVVJWUD\
        NOV1AzOVB5cDBXNFlCc2ttelFEQT09Ci0tLS0tRU5EIENFUlRJRklDQVRFLS0tLS0K";
    const GOOD: &str = "
apiVersion: v1
kind: Config
clusters:
- {name: c, cluster: {server: 'https://127.0.0.1:6443', certificate-authority-data: CA}}
users:
- {name: u, user: {as-user-extra: {}, token: SECRET}}
contexts:
- {name: x, context: {cluster: c, user: u}}
current-context: x
";

    #[expect(
        clippy::needless_pass_by_value,
        reason = "an expectation is made for one call"
    )]
    fn check(from: &str, to: &str, expected: Expect) {
        assert!(GOOD.contains(from), "{from}");
        let text = SecretString::from(
            GOOD.replace(from, to)
                .replace("data: CA", &format!("data: {CA}")),
        );
        let seen = match super::read(&text) {
            Ok(config) => config.cluster_url.to_string(),
            Err(failure) => format!("{:?}: {}", failure.kind, failure.said()),
        };
        assert!(!seen.contains("SECRET"));
        expected.assert_eq(&seen);
    }

    #[test]
    fn a_rebuilt_kubeconfig_is_read_and_a_dangerous_one_refused() {
        check("", "", expect!["https://127.0.0.1:6443/"]);
        check(
            "https:",
            "http:",
            expect!["Invalid: its server is not https"],
        );
        check(
            "current-context: x",
            "current-context: y",
            expect!["Invalid: its current context is incomplete"],
        );
        check(
            "users:",
            "users: {",
            expect!["Invalid: it is no kubeconfig in YAML"],
        );
        check(
            "token: SECRET",
            "exec: {apiVersion: v1, command: touch}",
            expect!["Invalid: its user runs a program or reads a file"],
        );
        check(
            "token: SECRET",
            "tokenFile: /etc/hostname",
            expect!["Invalid: its user runs a program or reads a file"],
        );
        check(
            "token: SECRET",
            "token: SECRET, as: root",
            expect!["Invalid: its user impersonates another"],
        );
        check(
            "as-user-extra: {}",
            "as-user-extra: {a: [b]}",
            expect!["Invalid: its user impersonates another"],
        );
        check(
            "certificate-authority-data: CA",
            "insecure-skip-tls-verify: true",
            expect!["Invalid: it skips the check of the server's certificate"],
        );
        check(
            "certificate-authority-data: CA",
            "certificate-authority: /ca",
            expect!["Invalid: its cluster reads a file or names a proxy"],
        );
        check(
            "server:",
            "proxy-url: 'http://evil', server:",
            expect!["Invalid: its cluster reads a file or names a proxy"],
        );
    }
}
