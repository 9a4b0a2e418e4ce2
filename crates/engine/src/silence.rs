//! A Kubernetes that does not answer: what there may be to do about it is found out at once and then
//! at ever longer intervals, and the pauses between two asks grow with the silence.

use crate::act::{Act, Trouble};
use crate::said::Note;
use domain::reach::left_out;
use std::time::Duration;

/// A client and the reason are looked for again after such a part of the silence until then,
const AGAIN_PART: u32 = 2;
/// and after this at the latest.
const AGAIN_MAX: Duration = Duration::from_mins(5);
/// Kubernetes is asked again after such a part of its silence.
const ASK_PART: u32 = 20;

/// How a wait for Kubernetes knows it silent.
#[derive(Debug, Default)]
pub(crate) struct Silence {
    /// Since when, and when the reason was looked for last.
    looked: Option<(Duration, Duration)>,
    note: Option<Note>,
}

impl Silence {
    /// The pause before it is asked again: at least `each`.
    pub(crate) fn pause(&self, act: &Act, each: Duration) -> Duration {
        let length = self.looked.map_or(Duration::ZERO, |(since, _)| {
            act.boot().saturating_sub(since)
        });
        each.max((length / ASK_PART).min(act.protocol.poll_max))
    }
}

impl Act {
    /// It did not answer again. A client may hold a certificate or a token that was rotated, so that
    /// the next try begins with a new one; both that and the access list are four requests to Linode,
    /// which an hour of silence does not repeat at each poll.
    pub(crate) async fn silent(&self, silence: &mut Silence) -> Result<Option<Note>, Trouble> {
        let now = self.boot();
        let due = silence.looked.is_none_or(|(since, last)| {
            let pause = last.saturating_sub(since) / AGAIN_PART;
            now.saturating_sub(last) >= pause.min(AGAIN_MAX)
        });
        if due {
            let since = silence.looked.map_or(now, |(since, _)| since);
            silence.looked = Some((since, now));
            *self.kube.lock().await = None;
            silence.note = self.shut_out().await?;
        }
        Ok(silence.note.clone())
    }

    /// It answers again: nothing is in the way any more.
    pub(crate) fn answered(&self, silence: &Silence) {
        if silence.looked.is_some() {
            self.observer.shut_out(self.book.deployment(), None);
        }
    }

    /// Kubernetes does not answer: what there is to do, when the list is enforced and leaves this
    /// computer out, or may do so.
    pub(crate) async fn shut_out(&self) -> Result<Option<Note>, Trouble> {
        let cluster = self.cluster().await?;
        let Ok(list) = self.tried(|| self.cloud().access_list(cluster)).await? else {
            return Ok(None);
        };
        let id = self.book.deployment();
        if !list.enabled || list.revision.is_none() {
            self.observer.shut_out(id, None);
            return Ok(None);
        }
        let known = self.ports.address.known().await;
        self.observer.shut_out(id, Some((&list.addresses, &known)));
        let name = self.read(domain::progress::Progress::label).await;
        let name = name.unwrap_or_default();
        let addresses = list.addresses.iter().map(ToString::to_string).collect();
        if known.is_empty() {
            return Ok(Some(Note::KubernetesSilent { name, addresses }));
        }
        let own = left_out(&list.addresses, &known);
        let own: Vec<String> = own.iter().map(ToString::to_string).collect();
        Ok((!own.is_empty()).then_some(Note::LockedOut {
            name,
            own,
            addresses,
        }))
    }
}
