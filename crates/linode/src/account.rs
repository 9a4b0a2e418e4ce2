//! Who we are to the cloud: `/profile`, its headers, and what they leave open.

use crate::LinodeCloud;
use crate::call::{Counted, Reply, parse};
use crate::wire::{AccountReply, OwnTokens, Profile};
use domain::AccountId;
use domain::inventory::Account;
use engine::ports::Answer;
use jiff::Timestamp;
use secrecy::ExposeSecret as _;

impl LinodeCloud {
    pub(crate) async fn read_account(&self) -> Answer<Account> {
        let operation = "read the profile";
        let reply = self
            .caller
            .read(Counted::Other, operation, "/v4/profile")
            .await?;
        let profile: Profile = parse(operation, &reply)?;
        let scopes = reply
            .headers
            .get("x-oauth-scopes")
            .and_then(|one| one.to_str().ok());
        let scopes = scopes.unwrap_or_default().split([' ', ',']);
        Ok(Account {
            id: self.account_id(&reply).await?,
            user: profile.username,
            restricted: profile.restricted,
            scopes: scopes
                .filter(|one| !one.is_empty())
                .map(str::to_owned)
                .collect(),
            token_expires: self.token_expires().await,
        })
    }

    async fn account_id(&self, profile: &Reply) -> Answer<AccountId> {
        let header = profile.headers.get("x-customer-uuid");
        if let Some(id) = header
            .and_then(|id| id.to_str().ok())
            .filter(|id| !id.is_empty())
        {
            return Ok(AccountId(id.to_owned()));
        }
        let operation = "read the account";
        let path = "/v4/account";
        let account: AccountReply = self.caller.get(Counted::Other, operation, path).await?;
        self.caller
            .must_be_expected(operation, None, &account.euuid)?;
        Ok(AccountId(account.euuid))
    }

    /// When the token ends: asked for once, since it cannot change. Linode lists tokens by their
    /// first 16 characters. A user who may not read the list has no date, which is no failure.
    async fn token_expires(&self) -> Option<Timestamp> {
        if let Some(known) = self.expires.get() {
            return *known;
        }
        let path = "/v4/profile/tokens?page=1&page_size=500";
        let listed = self
            .caller
            .get::<OwnTokens>(Counted::Other, "list tokens", path)
            .await;
        // A refusal will not change either; a failure of the moment may.
        let rows = match listed {
            Ok(page) => page.data,
            Err(failure) if failure.is_refusal() => Vec::new(),
            Err(_) => return None,
        };
        let own = self.token.expose_secret();
        let shown = |text: &str| text.len() >= 8 && own.starts_with(text);
        let found = rows
            .iter()
            .find(|one| shown(&one.token))
            .and_then(|one| one.expiry);
        *self.expires.get_or_init(|| found)
    }
}
