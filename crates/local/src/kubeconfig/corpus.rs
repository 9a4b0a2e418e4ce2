//! Kubeconfigs that must be refused, each with why; a good one is changed in one place.

use super::Refusal::{self, *};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

pub(super) const CANARY: &str = "CANARYtoken";

pub(super) fn b64(text: &str) -> String {
    STANDARD.encode(text)
}

pub(super) fn pem(label: &str) -> String {
    b64(&format!(
        "-----BEGIN {label}-----\nTUlJQg==\n-----END {label}-----\n"
    ))
}

/// As LKE sends it: an empty line first, an empty `as-user-extra`, a namespace.
pub(super) fn good() -> String {
    let authority = pem("CERTIFICATE");
    format!(
        "
apiVersion: v1
kind: Config
preferences: {{}}

clusters:
- cluster:
    certificate-authority-data: {authority}
    server: https://abc.us-ord-1-gw.linodelke.net:443
  name: lke7

users:
- name: lke7-admin
  user:
    as-user-extra: {{}}
    token: {CANARY}

contexts:
- context:
    cluster: lke7
    namespace: default
    user: lke7-admin
  name: lke7-ctx

current-context: lke7-ctx
"
    )
}

/// The good one with one text replaced by another.
fn with(from: &str, to: &str) -> String {
    let good = good();
    assert!(
        good.contains(from),
        "the corpus replaces `{from}`, which is not there"
    );
    good.replacen(from, to, 1)
}

fn user(line: &str) -> String {
    with("    as-user-extra: {}", &format!("    {line}"))
}

fn cluster(line: &str) -> String {
    with("    server:", &format!("    {line}\n    server:"))
}

fn server(address: &str) -> String {
    with("https://abc.us-ord-1-gw.linodelke.net:443", address)
}

fn authority(data: &str) -> String {
    with(&pem("CERTIFICATE"), data)
}

fn token(value: &str) -> String {
    with(CANARY, value)
}

/// The file's name, its text, and the expected refusal.
pub(super) fn hostile() -> Vec<(&'static str, String, Refusal)> {
    let own = format!(
        "token: x\n    client-certificate-data: {}",
        pem("CERTIFICATE")
    );
    let certificate = |key: &str| {
        let both = format!(
            "client-certificate-data: {}\n    client-key-data: {key}",
            pem("CERTIFICATE")
        );
        token_line(&both)
    };
    let bomb = format!("a: &a [x,x]\nb: &b [*a,*a]\nc: &c [*b,*b]\n{}", good());
    let deep = format!("deep: {}{}\n{}", "[".repeat(500), "]".repeat(500), good());
    let two = with("users:", "- cluster: {server: x}\n  name: second\n\nusers:");
    vec![
        (
            "exec",
            user("exec: {command: /bin/sh, args: [-c, id]}"),
            Forbidden("exec"),
        ),
        (
            "exec flow json",
            user(r#""exec": {"command": "x"}"#),
            Forbidden("exec"),
        ),
        (
            "auth-provider",
            user("auth-provider: {name: gcp}"),
            Forbidden("auth-provider"),
        ),
        (
            "token file",
            user("tokenFile: /etc/shadow"),
            Forbidden("tokenFile"),
        ),
        (
            "certificate file",
            user("client-certificate: /a"),
            Forbidden("client-certificate"),
        ),
        (
            "key file",
            user("client-key: ../key"),
            Forbidden("client-key"),
        ),
        ("user name", user("username: admin"), Forbidden("username")),
        ("password", user("password: x"), Forbidden("password")),
        ("impersonate", user("as: system:admin"), Forbidden("as")),
        ("impersonate uid", user("as-uid: '0'"), Forbidden("as-uid")),
        (
            "impersonate groups",
            user("as-groups: [system:masters]"),
            Forbidden("as-groups"),
        ),
        (
            "impersonate extra",
            user("as-user-extra: {a: [b]}"),
            Forbidden("as-user-extra"),
        ),
        (
            "ca file",
            cluster("certificate-authority: /a"),
            Forbidden("certificate-authority"),
        ),
        (
            "skip tls",
            cluster("insecure-skip-tls-verify: true"),
            Forbidden("insecure-skip-tls-verify"),
        ),
        (
            "skip tls as text",
            cluster("insecure-skip-tls-verify: 'true'"),
            Forbidden("insecure-skip-tls-verify"),
        ),
        (
            "proxy",
            cluster("proxy-url: http://evil.example"),
            Forbidden("proxy-url"),
        ),
        (
            "server name",
            cluster("tls-server-name: evil.example"),
            Forbidden("tls-server-name"),
        ),
        ("plain http", server("http://abc.linodelke.net:443"), Server),
        ("another host", server("https://evil.example:443"), Server),
        (
            "a host that only ends alike",
            server("https://evillinodelke.net"),
            Server,
        ),
        (
            "a host that goes on",
            server("https://abc.linodelke.net.evil.example"),
            Server,
        ),
        ("the bare domain", server("https://linodelke.net"), Server),
        ("an empty label", server("https://.linodelke.net"), Server),
        (
            "a user in the address",
            server("https://abc.linodelke.net@evil.example"),
            Server,
        ),
        (
            "a password in the address",
            server("https://a:b@abc.linodelke.net"),
            Server,
        ),
        ("a path", server("https://abc.linodelke.net/proxy"), Server),
        ("a query", server("https://abc.linodelke.net?x=1"), Server),
        (
            "a fragment",
            server("'https://evil.example#.linodelke.net'"),
            Server,
        ),
        (
            "a backslash",
            server(r"'https://evil.example\.linodelke.net'"),
            Server,
        ),
        ("loopback", server("https://127.0.0.1:6443"), Server),
        (
            "an upper-case host",
            server("https://EVIL.linodelke.net"),
            Server,
        ),
        (
            "a host beyond ASCII",
            server("https://аbc.linodelke.net"),
            Server,
        ),
        ("port 0", server("https://abc.linodelke.net:0"), Server),
        (
            "a large port",
            server("https://abc.linodelke.net:70000"),
            Server,
        ),
        (
            "a line break in the address",
            server(r#""https://a.linodelke.net\nexec: x""#),
            Server,
        ),
        (
            "no server",
            with(
                "    server: https://abc.us-ord-1-gw.linodelke.net:443\n",
                "",
            ),
            NoText("server"),
        ),
        (
            "a server that is a list",
            server("[https://abc.linodelke.net]"),
            NoText("server"),
        ),
        (
            "no ca",
            authority("''"),
            NoText("certificate-authority-data"),
        ),
        (
            "a ca that is no base64",
            authority("'***'"),
            Pem("certificate-authority-data"),
        ),
        (
            "a ca that is no pem",
            authority(&b64("hello")),
            Pem("certificate-authority-data"),
        ),
        (
            "a key as ca",
            authority(&pem("PRIVATE KEY")),
            Pem("certificate-authority-data"),
        ),
        (
            "text around the ca",
            authority(&b64(&format!("x: y\n{}", "-----BEGIN CERTIFICATE-----"))),
            Pem("certificate-authority-data"),
        ),
        (
            "a ca without an end",
            authority(&b64("-----BEGIN CERTIFICATE-----\nTUlJQg==\n")),
            Pem("certificate-authority-data"),
        ),
        (
            "a token with a line break",
            token(r#""a\nX-Evil: 1""#),
            Token,
        ),
        ("a token with a quote", token(r#"'a" #'"#), Token),
        ("a number as token", token("12345"), NoText("token")),
        ("no credential", token("''"), Credential),
        ("two credentials", token_line(&own), Credential),
        (
            "a certificate without its key",
            token_line(&own[9..].replace("    ", "")),
            Credential,
        ),
        (
            "a certificate as key",
            certificate(&pem("CERTIFICATE")),
            Pem("client-key-data"),
        ),
        (
            "an encrypted key",
            certificate(&pem("ENCRYPTED PRIVATE KEY")),
            Pem("client-key-data"),
        ),
        ("two clusters", two, NotOne("clusters")),
        ("no users", with("users:\n", "people:\n"), NotOne("users")),
        (
            "contexts that are a mapping",
            with("contexts:\n- context:", "contexts:\n  a:"),
            NotOne("contexts"),
        ),
        (
            "a context of another cluster",
            with("    cluster: lke7", "    cluster: lke8"),
            Context,
        ),
        (
            "a context of another user",
            with("    user: lke7-admin", "    user: root"),
            Context,
        ),
        (
            "another current context",
            with("current-context: lke7-ctx", "current-context: x"),
            Context,
        ),
        (
            "a name with ANSI",
            with("  name: lke7\n", "  name: \"\\e[31mred\"\n"),
            Name("clusters"),
        ),
        (
            "a name with markup",
            with("- name: lke7-admin", "- name: '<img onerror=x>'"),
            Name("users"),
        ),
        (
            "a name that closes the quote",
            with("  name: lke7-ctx", "  name: 'a\": b'"),
            Name("contexts"),
        ),
        (
            "a path as namespace",
            with("namespace: default", "namespace: ../x"),
            Name("namespace"),
        ),
        ("another kind", with("kind: Config", "kind: Pod"), Kind),
        ("no version", with("apiVersion: v1", "version: v1"), Kind),
        (
            "a page",
            "<html><body>sign in</body></html>".to_owned(),
            Unreadable,
        ),
        ("nothing", String::new(), Unreadable),
        ("a list", "[1, 2]".to_owned(), Unreadable),
        ("a broken document", "a: [".to_owned(), Unreadable),
        (
            "two documents",
            format!("{}---\n{}", good(), good()),
            Unreadable,
        ),
        (
            "a doubled key",
            with("users:", "kind: Config\nusers:"),
            Unreadable,
        ),
        (
            "a doubled token",
            user(&format!("token: {CANARY}")),
            Unreadable,
        ),
        (
            "an alias",
            with("namespace: default", "namespace: &a default\n    x: *a"),
            Unreadable,
        ),
        ("an alias bomb", bomb, Unreadable),
        (
            "a merge key",
            with("  user:\n", "  user:\n    <<: {exec: {command: x}}\n"),
            Unreadable,
        ),
        ("a deep one", deep, Unreadable),
        (
            "a large one",
            format!("{}# {}", good(), "x".repeat(256 * 1024)),
            TooLarge,
        ),
        (
            "many nodes",
            format!("x: [{}]\n{}", "1,".repeat(100_000), good()),
            Unreadable,
        ),
    ]
}

/// The good one with another credential in place of the token.
pub(super) fn token_line(lines: &str) -> String {
    with(&format!("token: {CANARY}"), lines)
}
