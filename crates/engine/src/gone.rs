//! When a thing is written down as gone. A user who becomes restricted is shown less than there is,
//! without an error: what was there before is hidden then, and costs on.

use crate::act::{Act, Trouble};
use crate::said::{Failed, Note};
use domain::record::{Fact, Thing};

impl Act {
    /// Writes down that these are gone, which the cloud did not show a moment ago. `false`: it did not
    /// show them because the user is restricted since the run began; nothing is written, and they are
    /// to be looked for again.
    pub(crate) async fn gone(&self, things: Vec<Thing>) -> Result<bool, Trouble> {
        if things.is_empty() {
            return Ok(true);
        }
        if self.was_hidden().await? {
            return Ok(false);
        }
        for thing in things {
            self.write(Fact::Gone { thing }).await?;
        }
        Ok(true)
    }

    /// Whether the user became restricted. A run waits until they are not any more; whoever was
    /// restricted when it began was told that it speaks of what they can see.
    pub(crate) async fn was_hidden(&self) -> Result<bool, Trouble> {
        let mut patience = self.patience(self.protocol.gone);
        let mut hidden = false;
        while !self.account.restricted && self.got(|| self.cloud().account()).await?.restricted {
            hidden = true;
            let stuck = || Trouble::Stuck(Failed::Hidden.into());
            if !self.patient {
                return Err(stuck());
            }
            patience.wait(self, Note::Hidden, stuck)?;
            patience.pause(self, self.protocol.poll_gone).await?;
        }
        Ok(hidden)
    }
}
