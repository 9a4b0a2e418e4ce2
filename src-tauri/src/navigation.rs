//! Where the window may go: nowhere but its own pages. A link to one of a few known sites opens in
//! the system's browser; everything else is refused without a word.

use tauri::Runtime;
use tauri::Url;
use tauri::plugin::{Builder, TauriPlugin};
use tauri_plugin_opener::OpenerExt;

/// Hosts that a link may open in the system's browser, over https only.
const LINK_HOSTS: &[&str] = &[
    "api.linode.com",
    "cloud.linode.com",
    "kubernetes.io",
    "login.linode.com",
    "techdocs.akamai.com",
    "www.linode.com",
];

/// What becomes of an address that the page wants to go to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    /// Our own page.
    Own,
    /// The system's browser.
    Browser,
    /// Nowhere.
    Refused,
}

fn way(url: &Url) -> Way {
    let host = url.host_str().unwrap_or_default();
    let bare = url.port().is_none() && url.username().is_empty() && url.password().is_none();
    match (url.scheme(), host) {
        ("tauri", "localhost") if bare => Way::Own,
        ("http" | "https", "tauri.localhost") if bare && cfg!(windows) => Way::Own,
        ("https", host) if bare && LINK_HOSTS.contains(&host) => Way::Browser,
        _ => Way::Refused,
    }
}

/// Guards every navigation of every webview.
pub(crate) fn guard<R: Runtime>() -> TauriPlugin<R> {
    Builder::new("navigation")
        .on_navigation(|webview, url| match way(url) {
            Way::Own => true,
            Way::Browser => {
                if let Err(error) = webview.opener().open_url(url.as_str(), None::<&str>) {
                    tracing::warn!(%error, "failed to open a link in the system's browser");
                }
                false
            }
            Way::Refused => false,
        })
        .build()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_our_own_pages_and_known_https_sites_lead_anywhere() {
        let ways: Vec<String> = [
            "tauri://localhost/",
            "tauri://localhost/index.html#/new",
            "https://cloud.linode.com/profile/tokens",
            "http://cloud.linode.com/profile/tokens",
            "https://cloud.linode.com:8443/",
            "https://user@cloud.linode.com/",
            "https://cloud.linode.com.example.org/",
            "https://example.org/",
            "tauri://elsewhere/",
            "http://127.0.0.1:8080/",
            "file:///etc/passwd",
            "javascript:alert(1)",
            "data:text/html,x",
            "about:blank",
        ]
        .iter()
        .map(|text| format!("{:?} {text}", way(&text.parse().unwrap())))
        .collect();
        expect_test::expect![[r"
            Own tauri://localhost/
            Own tauri://localhost/index.html#/new
            Browser https://cloud.linode.com/profile/tokens
            Refused http://cloud.linode.com/profile/tokens
            Refused https://cloud.linode.com:8443/
            Refused https://user@cloud.linode.com/
            Refused https://cloud.linode.com.example.org/
            Refused https://example.org/
            Refused tauri://elsewhere/
            Refused http://127.0.0.1:8080/
            Refused file:///etc/passwd
            Refused javascript:alert(1)
            Refused data:text/html,x
            Refused about:blank"]]
        .assert_eq(&ways.join("\n"));
    }
}
