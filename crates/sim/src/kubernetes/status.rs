//! Refusals, as the `Status` objects that clients decide by.

use http::StatusCode;
use serde_json::{Value, json};

use super::kinds::Kind;

/// A refused request.
#[derive(Debug)]
pub(super) struct Refusal {
    /// HTTP status.
    pub code: StatusCode,
    /// Machine-readable, such as `NotFound`.
    pub reason: &'static str,
    /// For people.
    pub message: String,
    /// What it is about.
    pub details: Option<Value>,
}

impl Refusal {
    fn new(code: StatusCode, reason: &'static str, message: impl Into<String>) -> Self {
        Self {
            code,
            reason,
            message: message.into(),
            details: None,
        }
    }

    fn about(mut self, kind: &Kind, name: &str) -> Self {
        let mut details = json!({"name": name});
        if !kind.group.is_empty() {
            details["group"] = json!(kind.group);
        }
        // The real server names the plural here, except in Invalid.
        details["kind"] = json!(if self.reason == "Invalid" {
            kind.name
        } else {
            kind.resource
        });
        self.details = Some(details);
        self
    }

    pub(super) fn unauthorized() -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "Unauthorized", "Unauthorized")
    }

    pub(super) fn forbidden(kind: &Kind, name: &str, why: &str) -> Self {
        let message = format!("{} \"{name}\" is forbidden: {why}", kind.qualified());
        Self::new(StatusCode::FORBIDDEN, "Forbidden", message).about(kind, name)
    }

    pub(super) fn no_such_path() -> Self {
        let message = "the server could not find the requested resource";
        Self::new(StatusCode::NOT_FOUND, "NotFound", message)
    }

    pub(super) fn not_found(kind: &Kind, name: &str) -> Self {
        let message = format!("{} \"{name}\" not found", kind.qualified());
        Self::new(StatusCode::NOT_FOUND, "NotFound", message).about(kind, name)
    }

    pub(super) fn already_exists(kind: &Kind, name: &str) -> Self {
        let message = format!("{} \"{name}\" already exists", kind.qualified());
        Self::new(StatusCode::CONFLICT, "AlreadyExists", message).about(kind, name)
    }

    pub(super) fn conflict(kind: &Kind, name: &str, why: &str) -> Self {
        let message = format!(
            "Operation cannot be fulfilled on {} \"{name}\": {why}",
            kind.qualified()
        );
        Self::new(StatusCode::CONFLICT, "Conflict", message).about(kind, name)
    }

    /// Somebody else owns fields that an apply sets.
    pub(super) fn apply_conflict(
        kind: &Kind,
        name: &str,
        message: &str,
        causes: Vec<Value>,
    ) -> Self {
        let mut out = Self::new(StatusCode::CONFLICT, "Conflict", message).about(kind, name);
        if let Some(details) = &mut out.details {
            details["causes"] = Value::Array(causes);
        }
        out
    }

    pub(super) fn stale(kind: &Kind, name: &str) -> Self {
        let why = "the object has been modified; please apply your changes to the latest version \
                   and try again";
        Self::conflict(kind, name, why)
    }

    /// `field` and `why` are one entry of `details.causes`.
    pub(super) fn invalid(kind: &Kind, name: &str, field: &str, why: &str) -> Self {
        Self::invalid_in(kind, name, &[(field, why.to_owned())])
    }

    /// The same with everything that is wrong.
    pub(super) fn invalid_in(kind: &Kind, name: &str, wrong: &[(&str, String)]) -> Self {
        let of = if kind.group.is_empty() {
            kind.name.to_owned()
        } else {
            format!("{}.{}", kind.name, kind.group)
        };
        let all: Vec<String> = wrong
            .iter()
            .map(|(field, why)| format!("{field}: {why}"))
            .collect();
        let all = match all.as_slice() {
            [one] => one.clone(),
            several => format!("[{}]", several.join(", ")),
        };
        let message = format!("{of} \"{name}\" is invalid: {all}");
        let mut out =
            Self::new(StatusCode::UNPROCESSABLE_ENTITY, "Invalid", message).about(kind, name);
        let cause = |(field, why): &(&str, String)| json!({"reason": "FieldValueInvalid", "message": why, "field": field});
        if let Some(details) = &mut out.details {
            details["causes"] = wrong.iter().map(cause).collect();
        }
        out
    }

    /// A JSON patch that does not fit, in the general words of the server.
    pub(super) fn misfit() -> Self {
        let message = "the server rejected our request due to an error in our request";
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, "Invalid", message)
    }

    /// An apply of what fits no schema; `why` begins with a path.
    pub(super) fn unmergeable(kind: &Kind, of: &str, why: &str) -> Self {
        let message = format!(
            "failed to create typed patch object ({of}; {}, Kind={}): .{why}",
            kind.api_version(),
            kind.name
        );
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "", message)
    }

    /// An apply that does not say who applies.
    pub(super) fn no_manager() -> Self {
        let message = "PatchOptions.meta.k8s.io \"\" is invalid: fieldManager: Required value: is \
                       required for apply patch";
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, "Invalid", message)
    }

    pub(super) fn bad_request(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "BadRequest", message)
    }

    pub(super) fn method_not_allowed() -> Self {
        let message = "the server does not allow this method on the requested resource";
        Self::new(StatusCode::METHOD_NOT_ALLOWED, "MethodNotAllowed", message)
    }

    pub(super) fn not_acceptable() -> Self {
        let message = "only the following media types are accepted: application/json";
        Self::new(StatusCode::NOT_ACCEPTABLE, "NotAcceptable", message)
    }

    pub(super) fn unsupported_media(kinds: &str) -> Self {
        let message = format!(
            "the body of the request was in an unknown format - accepted media types \
                     include: {kinds}"
        );
        Self::new(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "UnsupportedMediaType",
            message,
        )
    }

    /// What a real cluster does and the twin does not.
    pub(super) fn not_played(message: &str) -> Self {
        Self::new(StatusCode::NOT_IMPLEMENTED, "NotImplemented", message)
    }

    pub(super) fn too_large() -> Self {
        let message = "limit is 3145728";
        Self::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            "RequestEntityTooLarge",
            message,
        )
    }

    pub(super) fn expired(asked: u64, oldest: u64) -> Self {
        let message = format!("too old resource version: {asked} ({oldest})");
        Self::new(StatusCode::GONE, "Expired", message)
    }

    pub(super) fn internal(message: impl Into<String>) -> Self {
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "InternalError", message)
    }

    /// What nobody answers for just now.
    pub(super) fn unavailable(message: &str) -> Self {
        Self::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "ServiceUnavailable",
            message,
        )
    }

    /// A pod or Service that the proxy does not reach.
    pub(super) fn unreached(why: &str) -> Self {
        Self::unavailable(&format!("error trying to reach service: dial tcp {why}"))
    }

    pub(super) fn closed() -> Self {
        Self::unavailable("the cluster is deleted")
    }

    /// The `Status` object.
    pub(super) fn body(&self) -> Value {
        let mut out = json!({
            "kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure",
            "message": self.message, "reason": self.reason,
        });
        if let Some(details) = &self.details {
            out["details"] = details.clone();
        }
        out["code"] = json!(self.code.as_u16());
        out
    }
}

/// The `Status` object that answers a completed DELETE.
pub(super) fn deleted(kind: &Kind, name: &str, uid: &str) -> Value {
    let mut details = json!({"name": name});
    if !kind.group.is_empty() {
        details["group"] = json!(kind.group);
    }
    details["kind"] = json!(kind.resource);
    details["uid"] = json!(uid);
    json!({
        "kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success",
        "details": details,
    })
}

/// The `Status` object that answers an eviction.
pub(super) fn evicted() -> Value {
    json!({
        "kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "code": 201,
    })
}
