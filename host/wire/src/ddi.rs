//! hawkBit's Direct Device Integration API, version 1: what a device and the host say to each other of an update.
//!
//! Fields are called as its OpenAPI document calls them, and only those that a device of ours or a well-known client reads or
//! sends are here; others are ignored. Source: Eclipse hawkBit, `hawkbit-ddi-v1`.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The one tenant of a host.
pub const TENANT: &str = "default";

/// The first of a feedback's details where a device booted its former system again.
pub const FELL_BACK: &str = "fell back";

/// A link.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Link {
    /// Its address, absolute.
    pub href: String,
}

/// Links by their relation.
pub type Links = BTreeMap<String, Link>;

/// GET `/{tenant}/controller/v1/{controllerId}`: what there is to do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ControllerBase {
    /// How to go on asking.
    pub config: Config,
    /// What there is to do; `deploymentBase`, `confirmationBase` and `cancelAction` exclude one another.
    #[serde(rename = "_links", default)]
    pub links: Links,
}

/// How to go on asking.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Config {
    /// When.
    pub polling: Polling,
}

/// When to ask again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Polling {
    /// `HH:MM:SS`.
    pub sleep: String,
}

/// GET `…/deploymentBase/{id}` and `…/installedBase/{id}`: what to install, or what was.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct DeploymentBase {
    /// The action, a number that fits a C `int`.
    pub id: String,
    /// What it is.
    pub deployment: Deployment,
    /// What the device told of it before.
    #[serde(rename = "actionHistory", default, skip_serializing_if = "Option::is_none")]
    pub history: Option<History>,
}

/// GET `…/confirmationBase/{id}`: what waits for somebody at the device.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ConfirmationAction {
    /// The action.
    pub id: String,
    /// What it is.
    pub confirmation: Deployment,
    /// What the device told of it before.
    #[serde(rename = "actionHistory", default, skip_serializing_if = "Option::is_none")]
    pub history: Option<History>,
}

/// What to install.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Deployment {
    /// Whether to fetch it.
    pub download: Handling,
    /// Whether to install it.
    pub update: Handling,
    /// Its parts.
    pub chunks: Vec<Chunk>,
}

/// How a device is to go about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Handling {
    /// Not now.
    Skip,
    /// When it suits the device.
    Attempt,
    /// At once.
    Forced,
}

/// A part.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Chunk {
    /// `os` or `application`.
    pub part: String,
    /// Its version.
    pub version: String,
    /// Its name.
    pub name: String,
    /// Its files.
    pub artifacts: Vec<Artifact>,
}

/// A file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Artifact {
    /// Its name.
    pub filename: String,
    /// What its bytes hash to.
    pub hashes: Hashes,
    /// Bytes.
    pub size: u64,
    /// `download` and `md5sum`, or the same with `-http`.
    #[serde(rename = "_links", default)]
    pub links: Links,
}

/// Hashes in small hexadecimal digits.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Hashes {
    /// SHA-1, which the well-known clients check.
    pub sha1: String,
    /// MD5.
    pub md5: String,
    /// SHA-256.
    pub sha256: String,
}

/// What a device told of an action.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct History {
    /// Where the action stands.
    pub status: String,
    /// The newest first.
    pub messages: Vec<String>,
}

/// GET `…/cancelAction/{id}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Cancel {
    /// The action.
    pub id: String,
    /// What to stop.
    #[serde(rename = "cancelAction")]
    pub cancel: ToStop,
}

/// What to stop.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ToStop {
    /// The action.
    #[serde(rename = "stopId")]
    pub id: String,
}

/// POST `…/feedback` of a deployment or a cancellation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Feedback {
    /// How far it is.
    pub status: Status,
}

/// How far an action is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Status {
    /// What the device does.
    pub execution: Execution,
    /// What came of it.
    pub result: Outcome,
    /// The device's own number for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<i64>,
    /// In words.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub details: Vec<String>,
}

/// What a device does with an action.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Execution {
    /// It is done with it.
    Closed,
    /// It is at it.
    Proceeding,
    /// It stopped.
    Canceled,
    /// It will begin.
    Scheduled,
    /// It doesn't do it.
    Rejected,
    /// It is at it again.
    Resumed,
    /// It has the file.
    Downloaded,
    /// It fetches the file.
    Download,
}

/// What came of an action.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Outcome {
    /// Whether it went well.
    pub finished: Finished,
    /// How much of it is done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub progress: Option<Progress>,
}

/// Whether an action went well.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Finished {
    /// It did.
    Success,
    /// It did not.
    Failure,
    /// Nobody knows yet.
    None,
}

/// How much is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Progress {
    /// Steps.
    pub cnt: i64,
    /// Of so many.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub of: Option<i64>,
}

/// PUT `…/configData`: what a device says of itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ConfigData {
    /// How it goes with what is known already.
    #[serde(default)]
    pub mode: Mode,
    /// By name.
    pub data: BTreeMap<String, String>,
}

/// How attributes go with those that are known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// Beside them.
    #[default]
    Merge,
    /// In their place.
    Replace,
    /// Those of these names go.
    Remove,
}

/// PUT `…/installedBase`: what a device runs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AssignedVersion {
    /// As an artifact's name.
    pub name: String,
    /// As its version.
    pub version: String,
}

/// POST `…/confirmationBase/{id}/feedback`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ConfirmationFeedback {
    /// What somebody at the device said.
    pub confirmation: Confirmation,
    /// In words.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub details: Vec<String>,
}

/// What somebody at a device said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Confirmation {
    /// Yes.
    Confirmed,
    /// Not now.
    Denied,
}

/// GET `…/confirmationBase`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ConfirmationBase {
    /// Whether the device asks nobody.
    #[serde(rename = "autoConfirm")]
    pub auto_confirm: AutoConfirm,
    /// `confirmationBase` where an action waits.
    #[serde(rename = "_links", default, skip_serializing_if = "BTreeMap::is_empty")]
    pub links: Links,
}

/// Whether a device asks nobody.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AutoConfirm {
    /// Whether it does.
    pub active: bool,
    /// Who said so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub initiator: Option<String>,
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remark: Option<String>,
    /// Since when, milliseconds of the Unix epoch.
    #[serde(rename = "activatedAt", default, skip_serializing_if = "Option::is_none")]
    pub activated_at: Option<i64>,
}

/// POST `…/confirmationBase/activateAutoConfirm`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
pub struct ActivateAutoConfirm {
    /// Who says so.
    #[serde(default)]
    pub initiator: Option<String>,
    /// Why.
    #[serde(default)]
    pub remark: Option<String>,
}

/// What an error says, in the contract's own shape.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ExceptionInfo {
    /// For programs.
    #[serde(rename = "errorCode")]
    pub code: String,
    /// For whoever reads the device's log.
    pub message: String,
}
