//! What twins were asked, noted for a check against Linode's own description of its API.
//!
//! Where the environment variable [`FOLDER`] names a folder, each process adds a file to it: a JSON
//! line for each distinct request of the Linode API, with `method`, `path`, `query`, `filter`,
//! `body` and `agent` (the User-Agent). The token is never noted. Without the variable nothing is.

use std::collections::BTreeSet;
use std::fs::{File, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use bytes::Bytes;
use http::{Request, header};
use serde_json::{Value, json};

/// Names the folder.
const FOLDER: &str = "QUAYLIGHT_DEMO_REQUESTS";

/// One file of requests.
#[derive(Debug)]
pub(crate) struct Asked {
    folder: PathBuf,
    noted: Mutex<Noted>,
}

#[derive(Debug, Default)]
struct Noted {
    lines: BTreeSet<String>,
    file: Option<File>,
}

impl Asked {
    /// Notes into a new file of `folder`.
    pub(crate) fn within(folder: &Path) -> Arc<Self> {
        Arc::new(Self {
            folder: folder.to_owned(),
            noted: Mutex::default(),
        })
    }

    /// The one of this process, where the environment asks for it.
    pub(crate) fn by_environment() -> Option<Arc<Self>> {
        static OF_PROCESS: LazyLock<Option<Arc<Asked>>> = LazyLock::new(|| {
            #[expect(
                clippy::disallowed_methods,
                reason = "the edge: whoever starts the process says where requests are noted"
            )]
            let folder = std::env::var(FOLDER).ok()?;
            Some(Asked::within(Path::new(&folder)))
        });
        OF_PROCESS.clone()
    }

    /// Notes a request, unless one like it was noted before.
    pub(crate) fn note(&self, request: &Request<Bytes>) {
        let mut noted = self.noted.lock().unwrap_or_else(PoisonError::into_inner);
        let line = line(request);
        if noted.lines.contains(&line) {
            return;
        }
        if let Err(error) = self.write(&mut noted, &line) {
            tracing::error!(%error, "note what the demo cloud was asked");
        }
        noted.lines.insert(line);
    }

    /// At once and whole: the process may be killed.
    fn write(&self, noted: &mut Noted, line: &str) -> io::Result<()> {
        let file = match &mut noted.file {
            Some(file) => file,
            none @ None => none.insert(self.create()?),
        };
        file.write_all(format!("{line}\n").as_bytes())
    }

    /// A file that no other process and no other twin has.
    fn create(&self) -> io::Result<File> {
        std::fs::create_dir_all(&self.folder)?;
        let mut nth = 0;
        loop {
            let name = format!("{}-{nth}.jsonl", std::process::id());
            let path = self.folder.join(name);
            match OpenOptions::new().append(true).create_new(true).open(path) {
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => nth += 1,
                other => return other,
            }
        }
    }
}

fn line(request: &Request<Bytes>) -> String {
    let header = |name: &str| {
        let value = request.headers().get(name)?;
        value.to_str().ok()
    };
    let text = String::from_utf8_lossy(request.body());
    let body = match text.trim() {
        "" => Value::Null,
        text => serde_json::from_str(text).unwrap_or_else(|_| json!(text)),
    };
    json!({
        "method": request.method().as_str(), "path": request.uri().path(),
        "query": request.uri().query(), "filter": header("x-filter"), "body": body,
        "agent": header(header::USER_AGENT.as_str()),
    })
    .to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(path: &str) -> Request<Bytes> {
        let body = Bytes::from_static(br#"{"label": "one"}"#);
        Request::put(path)
            .header("authorization", "Bearer secret")
            .header("user-agent", "someone/1")
            .header("x-filter", "{}")
            .body(body)
            .expect("a request")
    }

    #[test]
    fn each_distinct_request_is_noted_once_and_without_its_token() {
        let folder = tempfile::tempdir().expect("a folder");
        let (one, other) = (Asked::within(folder.path()), Asked::within(folder.path()));
        one.note(&request("/v4/volumes/1?a=b"));
        one.note(&request("/v4/volumes/1?a=b"));
        one.note(&request("/v4/volumes/2"));
        other.note(&request("/v4/volumes/1?a=b"));
        let first = r#"{"method":"PUT","path":"/v4/volumes/1","query":"a=b","filter":"{}","body":{"label":"one"},"agent":"someone/1"}"#;
        let second = first
            .replace("volumes/1", "volumes/2")
            .replace("\"a=b\"", "null");
        let mut files: Vec<String> = std::fs::read_dir(folder.path())
            .expect("the folder")
            .map(|entry| std::fs::read_to_string(entry.expect("a file").path()).expect("a text"))
            .collect();
        files.sort();
        assert_eq!(
            files,
            [format!("{first}\n"), format!("{first}\n{second}\n")]
        );
    }
}
