//! What terminals say of themselves by hawkBit's interface, and who may speak there without a certificate of ours.
//!
//! Invariants: no token is good before an admin has one drawn; a token is kept as its hash and compared in constant time;
//! none speaks for a terminal that has a certificate, or is revoked.

use aws_lc_rs::constant_time;
use jiff::Timestamp;
use serde::Serialize;
use std::collections::BTreeMap;
use wire::{
    ddi::{ActivateAutoConfirm, AssignedVersion, AutoConfirm, ConfigData, Mode},
    event,
    ticket::TerminalNumber,
};

use super::{Error, Fleet, actions::NotDone, draw_token, subject};
use crate::store::{
    Conn, StoreError,
    devices::{self as rows, DeviceRow, TokenRow},
    terminals,
};

/// The most attributes of a device, and the most bytes of a name and of a value.
pub const ATTRIBUTES: usize = 100;
const NAME_BYTES: usize = 128;
const VALUE_BYTES: usize = 1024;

const UNREADABLE: StoreError = StoreError::Unreadable("device");

/// Why a device's word is not taken.
#[derive(Debug, thiserror::Error)]
pub enum NotSaid {
    /// More attributes than are kept, or longer ones.
    #[error(
        "data: expected at most {ATTRIBUTES} attributes, names of 1 to {NAME_BYTES} bytes, values of at most {VALUE_BYTES}"
    )]
    Attributes,
    /// A version that can't be one.
    #[error("name, version: expected 1 to {NAME_BYTES} bytes without control characters")]
    Version,
    /// It asks nobody already.
    #[error("confirmation is automatic already")]
    AlreadyOn,
    /// It waits for somebody already.
    #[error("confirmation is not automatic")]
    AlreadyOff,
    /// What else can be wrong.
    #[error(transparent)]
    Fleet(#[from] Error),
}

impl From<StoreError> for NotSaid {
    fn from(problem: StoreError) -> Self {
        Self::Fleet(problem.into())
    }
}

/// What a device said of itself.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Device {
    /// By name; none, it never said any.
    pub attributes: Option<BTreeMap<String, String>>,
    /// Whether it asks nobody; none, it does ask.
    pub auto_confirm: Option<AutoConfirm>,
    /// What it says that it runs.
    pub installed: Option<AssignedVersion>,
}

/// A token, without itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DeviceToken {
    /// Its id.
    pub id: u64,
    /// Whose; none, a gateway's.
    pub terminal: Option<TerminalNumber>,
    /// When it was drawn.
    pub made_at: Timestamp,
    /// By whom, as the audit calls them.
    pub made_by: String,
    /// Since when it is good no more.
    pub revoked_at: Option<Timestamp>,
}

/// A token as it is shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ShownToken<'a> {
    /// `TargetToken`: of this one device.
    Target(&'a str),
    /// `GatewayToken`: of whoever stands before many.
    Gateway(&'a str),
}

impl Fleet {
    /// What a device said of itself.
    ///
    /// # Errors
    /// The database.
    pub async fn device(&self, terminal: TerminalNumber) -> Result<Device, Error> {
        let found = rows::find(&mut *self.store.read().await?, terminal).await?;
        Ok(found.as_ref().map(device).transpose()?.unwrap_or_default())
    }

    /// Takes a device's attributes.
    ///
    /// # Errors
    /// [`NotSaid::Attributes`], or the database.
    pub async fn take_attributes(&self, terminal: TerminalNumber, said: ConfigData) -> Result<(), NotSaid> {
        let is_long =
            |(name, value): (&String, &String)| name.is_empty() || name.len() > NAME_BYTES || value.len() > VALUE_BYTES;
        if said.data.iter().any(is_long) {
            return Err(NotSaid::Attributes);
        }
        self.change_device(terminal, |device| {
            let known = device.attributes.take().unwrap_or_default();
            let next = match said.mode {
                Mode::Replace => said.data,
                Mode::Merge => known.into_iter().chain(said.data).collect(),
                Mode::Remove => known.into_iter().filter(|(name, _)| !said.data.contains_key(name)).collect(),
            };
            let fits = next.len() <= ATTRIBUTES;
            device.attributes = Some(next);
            if fits { Ok(()) } else { Err(NotSaid::Attributes) }
        })
        .await
    }

    /// Takes what a device says that it runs.
    ///
    /// # Errors
    /// [`NotSaid::Version`], or the database.
    pub async fn take_installed(&self, terminal: TerminalNumber, said: AssignedVersion) -> Result<(), NotSaid> {
        let is_good = |text: &str| (1..=NAME_BYTES).contains(&text.len()) && !text.contains(char::is_control);
        if !is_good(&said.name) || !is_good(&said.version) {
            return Err(NotSaid::Version);
        }
        self.change_device(terminal, |device| {
            device.installed = Some(said);
            Ok(())
        })
        .await
    }

    /// A device asks nobody any more; none, it does again.
    ///
    /// # Errors
    /// [`NotSaid::AlreadyOn`], [`NotSaid::AlreadyOff`], or the database.
    pub async fn auto_confirm(&self, terminal: TerminalNumber, on: Option<ActivateAutoConfirm>) -> Result<(), NotSaid> {
        let short = |text: Option<String>| text.map(|text| text.chars().take(VALUE_BYTES / 4).collect());
        let now = self.clock.now().as_millisecond();
        self.change_device(terminal, |device| {
            match (&device.auto_confirm, &on) {
                (Some(_), Some(_)) => return Err(NotSaid::AlreadyOn),
                (None, None) => return Err(NotSaid::AlreadyOff),
                _ => {}
            }
            device.auto_confirm = on.map(|ActivateAutoConfirm { initiator, remark }| AutoConfirm {
                active: true,
                initiator: short(initiator),
                remark: short(remark),
                activated_at: Some(now),
            });
            Ok(())
        })
        .await
    }

    async fn change_device(
        &self,
        terminal: TerminalNumber,
        change: impl FnOnce(&mut Device) -> Result<(), NotSaid>,
    ) -> Result<(), NotSaid> {
        let mut tx = self.store.write().await?;
        let known = rows::find(&mut tx, terminal).await?.as_ref().map(device).transpose()?.unwrap_or_default();
        let mut next = known.clone();
        change(&mut next)?;
        rows::put(&mut tx, &row(terminal, &next, self.clock.now())?).await?;
        if next.auto_confirm.is_some() {
            self.confirm_what_waits(&mut tx, terminal).await.map_err(of_fleet)?;
        }
        tx.commit().await.map_err(Error::from)?;
        Ok(())
    }

    /// Draws a token, of one terminal or of a gateway: itself, to be shown once, and what is kept of it.
    ///
    /// # Errors
    /// [`Error::Unknown`], [`Error::Revoked`], [`Error::Certified`], or the database.
    pub async fn draw_device_token(&self, terminal: Option<TerminalNumber>) -> Result<(String, DeviceToken), Error> {
        let (token, hash) = draw_token();
        let mut tx = self.store.write().await?;
        if let Some(number) = terminal {
            let known = terminals::find(&mut tx, number).await?.ok_or(Error::Unknown(number))?;
            if known.revoked_at.is_some() {
                return Err(Error::Revoked(number));
            }
            if known.certificate_until.is_some() {
                return Err(Error::Certified(number));
            }
        }
        let (made_at, made_by) = (self.clock.now(), self.who.to_string());
        let mut row = TokenRow { id: 0, terminal, hash: hash.to_vec(), made_at, made_by, revoked_at: None };
        row.id = rows::add_token(&mut tx, &row).await?;
        self.note(&mut tx, "token.draw", &token_subject(&row)).await?;
        tx.commit().await?;
        Ok((token, shown(row)))
    }

    /// Every token, the oldest first.
    ///
    /// # Errors
    /// The database.
    pub async fn device_tokens(&self) -> Result<Vec<DeviceToken>, Error> {
        Ok(rows::tokens(&mut *self.store.read().await?).await?.into_iter().map(shown).collect())
    }

    /// Revokes a token; whether there was one that was good.
    ///
    /// # Errors
    /// The database.
    pub async fn revoke_device_token(&self, id: u64) -> Result<bool, Error> {
        let mut tx = self.store.write().await?;
        let was_good = rows::revoke_token(&mut tx, id, self.clock.now()).await?;
        if was_good {
            self.note(&mut tx, "token.revoke", &format!("token:{id}")).await?;
            tx.commit().await?;
        }
        Ok(was_good)
    }

    /// Whether whoever shows a token may speak for a terminal.
    ///
    /// # Errors
    /// The database.
    pub async fn speaks_for(&self, terminal: TerminalNumber, token: &ShownToken<'_>) -> Result<bool, Error> {
        let mut conn = self.store.read().await?;
        let (shown, of) = match token {
            ShownToken::Target(text) => (text, Some(terminal)),
            ShownToken::Gateway(text) => (text, None),
        };
        let shown = event::hash(shown.as_bytes());
        let mut is_good = false;
        for row in rows::good_tokens(&mut conn, of).await? {
            is_good |= constant_time::verify_slices_are_equal(&shown, &row.hash).is_ok();
        }
        Ok(is_good && is_without_certificate(&mut conn, terminal).await?)
    }
}

async fn is_without_certificate(conn: &mut Conn, terminal: TerminalNumber) -> Result<bool, StoreError> {
    let known = terminals::find(conn, terminal).await?;
    Ok(known.is_some_and(|row| row.certificate_until.is_none() && row.revoked_at.is_none()))
}

fn of_fleet(problem: NotDone) -> NotSaid {
    match problem {
        NotDone::Fleet(error) => NotSaid::Fleet(error),
        _ => NotSaid::Fleet(UNREADABLE.into()),
    }
}

/// What a row says.
pub(super) fn device(row: &DeviceRow) -> Result<Device, StoreError> {
    fn read<T: serde::de::DeserializeOwned>(text: Option<&String>) -> Result<Option<T>, StoreError> {
        text.map(|text| serde_json::from_str(text).map_err(|_| UNREADABLE)).transpose()
    }
    Ok(Device {
        attributes: read(row.attributes.as_ref())?,
        auto_confirm: read(row.auto_confirm.as_ref())?,
        installed: read(row.installed.as_ref())?,
    })
}

fn row(terminal: TerminalNumber, device: &Device, changed_at: Timestamp) -> Result<DeviceRow, StoreError> {
    fn written<T: Serialize>(value: Option<&T>) -> Result<Option<String>, StoreError> {
        value.map(|value| serde_json::to_string(value).map_err(|_| UNREADABLE)).transpose()
    }
    Ok(DeviceRow {
        terminal,
        attributes: written(device.attributes.as_ref())?,
        auto_confirm: written(device.auto_confirm.as_ref())?,
        installed: written(device.installed.as_ref())?,
        changed_at,
    })
}

fn token_subject(row: &TokenRow) -> String {
    match row.terminal {
        Some(terminal) => format!("token:{} {}", row.id, subject(terminal)),
        None => format!("token:{} gateway", row.id),
    }
}

fn shown(TokenRow { id, terminal, made_at, made_by, revoked_at, .. }: TokenRow) -> DeviceToken {
    DeviceToken { id, terminal, made_at, made_by, revoked_at }
}
