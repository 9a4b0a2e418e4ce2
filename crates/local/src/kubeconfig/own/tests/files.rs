//! Kubeconfigs of the world: those that take an entry, and those that are left alone.

/// As kubectl writes it, with what a person adds.
const PLAIN: &str = "\
# My clusters
apiVersion: v1
kind: Config
preferences: {}
clusters:
# the office's
- cluster:
    server: https://10.0.0.1:6443
    certificate-authority: /home/me/ca.crt
  name: work
- cluster:
    server: https://192.168.1.5:6443
    insecure-skip-tls-verify: true # at home only
  name: home

contexts:
- context:
    cluster: work
    user: me
  name: work
- context:
    cluster: home
    namespace: default
    user: me
  name: home
current-context: work
users:
- name: me
  user:
    token: s3cret
    # it ends in June
";

/// A name and a text that takes an entry.
pub(super) fn merged_into() -> Vec<(&'static str, String)> {
    let with = |from: &str, to: &str| {
        assert!(PLAIN.contains(from), "{from}");
        PLAIN.replacen(from, to, 1)
    };
    let indented = PLAIN
        .lines()
        .map(|line| {
            if line.starts_with(['-', ' ']) {
                format!("  {line}\n")
            } else {
                format!("{line}\n")
            }
        })
        .collect();
    let exec = "\
  user:
    exec:
      apiVersion: client.authentication.k8s.io/v1
      command: sh
      args:
      - -c
      - |
        # not a comment
        - name: not an item
        echo s3cret

        exit
      interactiveMode: Never";
    vec![
        ("as kubectl writes it", PLAIN.to_owned()),
        ("lists that stand in", indented),
        ("dashes further in than their comments", with("- name: me\n  user:\n    token: s3cret\n    # it ends in June\n", "    - name: me\n      user:\n        token: s3cret\n  # less far in\n")),
        ("line ends of Windows", PLAIN.replace('\n', "\r\n")),
        ("no line end at the end", PLAIN.trim_end().to_owned()),
        ("a mark of byte order", format!("\u{feff}{}", PLAIN.trim_start_matches("# My clusters\n"))),
        ("a start of a document", format!("---\n{PLAIN}")),
        ("quoted keys", with("clusters:", "\"clusters\":").replace("users:", "'users':")),
        ("keys before a space", with("users:", "users :")),
        ("empty lists", "apiVersion: v1\nkind: Config\nclusters: []\ncontexts: []\nusers: []\ncurrent-context: \"\"\n".to_owned()),
        ("empty lists with comments", "clusters: [] # none yet\ncontexts: []   # nor here\nusers: []\n".to_owned()),
        ("null lists", "apiVersion: v1\nclusters: null\ncontexts: ~\nusers:\nkind: Config\n".to_owned()),
        ("a null list before a comment", "clusters: # none\ncontexts:\nusers:\n# the end\n".to_owned()),
        ("only a header", "apiVersion: v1\nkind: Config\n".to_owned()),
        ("no lists but a current context", "kind: Config\ncurrent-context: gone\n".to_owned()),
        ("no header", PLAIN.replace("apiVersion: v1\nkind: Config\n", "")),
        ("nothing", String::new()),
        ("nothing but a comment", "# for later\n".to_owned()),
        ("no current context", with("current-context: work\n", "")),
        ("an empty current context", with("current-context: work", "current-context: \"\"")),
        ("a null current context", with("current-context: work", "current-context:")),
        ("a comment on the current context", with("current-context: work", "current-context: work # mostly")),
        ("a context that is not there", with("current-context: work", "current-context: lost")),
        ("a script with what looks like an item", with("  user:\n    token: s3cret\n    # it ends in June", exec)),
        ("a text over lines", with("token: s3cret", "token: \"s3c\\\n      ret\"")),
        ("anchors of others", with("cluster: work\n    user: me", "cluster: work\n    user: &who me").replace("namespace: default\n    user: me", "user: *who")),
        ("unknown keys everywhere", with("preferences: {}", "extensions:\n- name: x\n  extension: {a: [1, 2.5, true]}\nmore: {deep: {deep: 1}}")),
        ("an item that begins on the next line", with("- name: me\n  user:", "-\n  name: me\n  user:")),
        ("entries in flow", with("- name: me\n  user:\n    token: s3cret\n    # it ends in June", "- {name: me, user: {token: s3cret}}")),
        ("names in other alphabets", PLAIN.replace("home", "дом-家")),
        ("names that look like numbers", PLAIN.replace("name: home", "name: \"007\"").replace("cluster: home", "cluster: \"007\"")),
        ("comments between everything", PLAIN.replace('\n', "\n# here\n")),
        ("empty lines between everything", PLAIN.replace('\n', "\n\n")),
        ("a comment after the last item", with("- name: me", "# of me\n- name: me") + "# bye\n"),
        ("JSON", r#"{"apiVersion":"v1","kind":"Config","clusters":[],"contexts":[],"users":[{"name":"me","user":{"token":"s3cret"}}],"current-context":"x"}"#.to_owned()),
        ("doubled names of others", with("  name: home\n\n", "  name: work\n\n")),
    ]
}

/// A name and a text that is left alone.
pub(super) fn left_alone() -> Vec<(&'static str, Vec<u8>)> {
    let with = |from: &str, to: &str| {
        assert!(PLAIN.contains(from), "{from}");
        PLAIN.replacen(from, to, 1).into_bytes()
    };
    vec![
        ("not text", b"clusters: \xff\xfe\n".to_vec()),
        ("binary", vec![0, 159, 146, 150]),
        ("no YAML", b"clusters: [\n".to_vec()),
        ("a list", b"- a\n- b\n".to_vec()),
        ("a word", b"hello\n".to_vec()),
        ("another kind", with("kind: Config", "kind: Secret")),
        ("another version", with("apiVersion: v1", "apiVersion: v2")),
        ("two documents", [PLAIN.as_bytes(), b"---\n", PLAIN.as_bytes()].concat()),
        ("doubled keys", with("current-context: work", "current-context: work\ncurrent-context: home")),
        ("doubled lists", format!("{PLAIN}users: []\n").into_bytes()),
        ("a list that is a map", with("users:\n- name: me\n  user:\n    token: s3cret", "users:\n  me:\n    token: s3cret")),
        ("an entry without a name", with("- name: me\n  user:", "- user:")),
        ("a name that is a number", with("- name: me", "- name: 7")),
        ("a current context that is a list", with("current-context: work", "current-context: [work]")),
        ("a list in flow", with("users:\n- name: me\n  user:\n    token: s3cret", "users: [{name: me, user: {token: s3cret}}]")),
        ("all in flow", b"{clusters: [], users: [{name: me, user: {token: s3cret}}], contexts: []}\n".to_vec()),
        ("an anchored list", with("users:\n", "users: &all\n")),
        ("an empty list over lines", with("users:\n- name: me\n  user:\n    token: s3cret\n", "users: [\n]\n")),
        ("mixed line ends", PLAIN.replacen('\n', "\r\n", 3).into_bytes()),
        ("an end of a document", format!("{PLAIN}...\n").into_bytes()),
        ("tabs", with("    token: s3cret", "\ttoken: s3cret")),
        ("too much", format!("{PLAIN}# {}\n", "x".repeat(1024 * 1024)).into_bytes()),
        ("a bomb", b"a: &a [x, x, x, x, x, x, x, x, x]\nb: &b [*a, *a, *a, *a, *a, *a, *a, *a]\nc: &c [*b, *b, *b, *b, *b, *b, *b, *b]\nd: &d [*c, *c, *c, *c, *c, *c, *c, *c]\ne: &e [*d, *d, *d, *d, *d, *d, *d, *d]\nf: &f [*e, *e, *e, *e, *e, *e, *e, *e]\ng: [*f, *f, *f, *f, *f, *f, *f, *f]\n".to_vec()),
    ]
}
