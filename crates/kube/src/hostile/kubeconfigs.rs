//! Kubeconfigs that are refused, each for what is wrong with it.

use expect_test::{Expect, expect};
use secrecy::SecretString;
use std::fmt::Write as _;

use crate::kubeconfig;

pub(super) const KUBECONFIG: &str = "
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

/// How a kubeconfig is refused; the address when it is not.
fn refused(text: &str) -> String {
    match kubeconfig::read(&SecretString::from(text)) {
        Ok(config) => config.cluster_url.to_string(),
        Err(failure) => {
            assert!(failure.never_sent, "{text}");
            failure.said()
        }
    }
}

#[expect(
    clippy::needless_pass_by_value,
    reason = "an expectation is made for one call"
)]
fn check(changes: &[(&str, &str)], expected: Expect) {
    let mut told = String::new();
    for (from, to) in changes {
        assert!(KUBECONFIG.contains(from), "{from}");
        let said = refused(&KUBECONFIG.replace(from, to));
        assert!(!said.contains("SECRET"), "{to}");
        writeln!(told, "{to:?}: {said}").expect("a text");
    }
    expected.assert_eq(&told);
}

#[test]
fn a_hostile_kubeconfig_is_refused_for_what_is_wrong_with_it() {
    let server = "server: 'https://127.0.0.1:6443'";
    let authority = "certificate-authority-data: CA";
    let token = "token: SECRET";
    let context = "context: {cluster: c, user: u}";
    check(
        &[
            (server, "server: 'http://127.0.0.1:6443'"),
            (server, "server: 'ftp://127.0.0.1'"),
            (server, "server: 'https://'"),
            (server, "server: '127.0.0.1:6443'"),
            (server, "server: ''"),
            (server, "server: 'https://a b'"),
            (server, "server: 'file:///etc/passwd'"),
            (server, "server: 'javascript:alert(1)'"),
            (server, "server: [1]"),
            (server, "server: 7"),
            (server, "{}: 1"),
            (server, "other: 1"),
            (authority, "certificate-authority-data: ''"),
            (authority, "certificate-authority-data: '%%%'"),
            (authority, "certificate-authority-data: aGVsbG8="),
            (authority, "certificate-authority: /etc/ssl/ca.pem"),
            (authority, "insecure-skip-tls-verify: true"),
            (authority, "proxy-url: 'http://evil'"),
            (authority, "other: 1"),
            (token, "tokenFile: /etc/shadow"),
            (token, "client-certificate: /a"),
            (token, "client-key: /a"),
            (token, "exec: {apiVersion: v1, command: sh}"),
            (
                token,
                "exec: {apiVersion: client.authentication.k8s.io/v1, command: curl, args: [evil], interactiveMode: Never}",
            ),
            (token, "auth-provider: {name: gcp}"),
            (token, "auth-provider: {name: oidc, config: {a: b}}"),
            (token, "token: SECRET, as: root"),
            (token, "token: SECRET, as-uid: '0'"),
            (token, "token: SECRET, as-groups: [system:masters]"),
            ("as-user-extra: {}", "as-user-extra: {a: [b]}"),
            (context, "context: {cluster: other, user: u}"),
            (context, "context: {cluster: c, user: other}"),
            (context, "context: {cluster: c}"),
            (context, "context: {}"),
            (context, "context: 7"),
            ("current-context: x", "current-context: y"),
            ("current-context: x", "current-context: ''"),
            ("current-context: x", "other: x"),
            ("current-context: x", "current-context: [x]"),
            ("users:", "users: {"),
            ("users:", "users: 7\nother:"),
            ("clusters:", "clusters: null\nother:"),
            ("contexts:", "contexts: null\nother:"),
            ("apiVersion: v1", "apiVersion: &a [*a]"),
            ("apiVersion: v1", "\t- : ["),
            ("apiVersion: v1", "apiVersion: !!binary x\n? a"),
            ("kind: Config", "kind: Config\nkind: Config"),
            ("kind: Config", "<<: *nobody"),
        ],
        expect![[r#"
            "server: 'http://127.0.0.1:6443'": its server is not https
            "server: 'ftp://127.0.0.1'": its server is not https
            "server: 'https://'": its server is not https
            "server: '127.0.0.1:6443'": its server is not https
            "server: ''": its server is not https
            "server: 'https://a b'": its server is not https
            "server: 'file:///etc/passwd'": its server is not https
            "server: 'javascript:alert(1)'": its server is not https
            "server: [1]": it is no kubeconfig in YAML
            "server: 7": its server is not https
            "{}: 1": it is no kubeconfig in YAML
            "other: 1": its server is not https
            "certificate-authority-data: ''": it has no CA
            "certificate-authority-data: '%%%'": it has no CA
            "certificate-authority-data: aGVsbG8=": it has no CA
            "certificate-authority: /etc/ssl/ca.pem": its cluster reads a file or names a proxy
            "insecure-skip-tls-verify: true": it skips the check of the server's certificate
            "proxy-url: 'http://evil'": its cluster reads a file or names a proxy
            "other: 1": it has no CA
            "tokenFile: /etc/shadow": its user runs a program or reads a file
            "client-certificate: /a": its user runs a program or reads a file
            "client-key: /a": its user runs a program or reads a file
            "exec: {apiVersion: v1, command: sh}": its user runs a program or reads a file
            "exec: {apiVersion: client.authentication.k8s.io/v1, command: curl, args: [evil], interactiveMode: Never}": its user runs a program or reads a file
            "auth-provider: {name: gcp}": its user runs a program or reads a file
            "auth-provider: {name: oidc, config: {a: b}}": its user runs a program or reads a file
            "token: SECRET, as: root": its user impersonates another
            "token: SECRET, as-uid: '0'": its user impersonates another
            "token: SECRET, as-groups: [system:masters]": its user impersonates another
            "as-user-extra: {a: [b]}": its user impersonates another
            "context: {cluster: other, user: u}": its current context is incomplete
            "context: {cluster: c, user: other}": its current context is incomplete
            "context: {cluster: c}": its current context is incomplete
            "context: {}": it is no kubeconfig in YAML
            "context: 7": it is no kubeconfig in YAML
            "current-context: y": its current context is incomplete
            "current-context: ''": its current context is incomplete
            "other: x": its current context is incomplete
            "current-context: [x]": it is no kubeconfig in YAML
            "users: {": it is no kubeconfig in YAML
            "users: 7\nother:": it is no kubeconfig in YAML
            "clusters: null\nother:": its current context is incomplete
            "contexts: null\nother:": its current context is incomplete
            "apiVersion: &a [*a]": it is no kubeconfig in YAML
            "\t- : [": it is no kubeconfig in YAML
            "apiVersion: !!binary x\n? a": it is no kubeconfig in YAML
            "kind: Config\nkind: Config": it is no kubeconfig in YAML
            "<<: *nobody": it is no kubeconfig in YAML
        "#]],
    );
    assert_eq!(refused(""), "its current context is incomplete");
}
