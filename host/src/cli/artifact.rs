//! `host artifact …`: files that terminals can be given.

use std::{
    fmt::Write,
    io::{IsTerminal, Write as _},
    path::PathBuf,
};

use anyhow::{Context, Result, ensure};
use clap::{Args, Subcommand};

use super::{Answer, Host, terminal::fleet_of};
use crate::{
    fleet::artifacts::{Artifact, Artifacts, Kind, Label, New, Rauc, word},
    setup,
};

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Takes in a file as a draft.
    Add(Add),
    /// Shows all artifacts.
    List,
    /// Shows one with its hashes.
    Show {
        /// As `list` shows it.
        id: i64,
    },
    /// Lets terminals be given a draft.
    Release {
        /// As `list` shows it.
        id: i64,
        /// Though a version that is as high or higher was released.
        #[arg(long)]
        lower: bool,
    },
    /// Lets nobody be given it any more, for good.
    Withdraw {
        /// As `list` shows it.
        id: i64,
    },
}

#[derive(Debug, Args)]
pub(super) struct Add {
    /// The file.
    file: PathBuf,
    /// The same for all its versions: ASCII letters, digits and . _ + ~ -
    #[arg(long)]
    name: Label,
    /// Ordered as Debian orders versions: 1.0~rc1 is below 1.0, and 1.9 below 1.10.
    #[arg(long)]
    version: Label,
    /// What it is.
    #[arg(long, value_enum, default_value = "file")]
    kind: Kind,
}

pub(super) async fn run(host: &Host, command: Command) -> Result<Answer> {
    let machine = host.machine().await?;
    let artifacts = Artifacts::open(fleet_of(&machine)?.clone(), &setup::artifacts(&host.config.data)).await?;
    let artifacts = artifacts.checked_by(Rauc::trusting(host.config.rauc_keyring.clone()));
    match command {
        Command::Add(add) => shown(&take_in(&artifacts, add).await?),
        Command::List => list(&artifacts.list().await?),
        Command::Show { id } => shown(&artifacts.show(id).await?),
        Command::Release { id, lower } => shown(&artifacts.release(id, lower).await?),
        Command::Withdraw { id } => shown(&artifacts.withdraw(id).await?),
    }
}

async fn take_in(artifacts: &Artifacts, add: Add) -> Result<Artifact> {
    let Add { file, name, version, kind } = add;
    let source = tokio::fs::File::open(&file).await.with_context(|| file.display().to_string())?;
    let about = source.metadata().await.with_context(|| file.display().to_string())?;
    ensure!(about.is_file(), "{}: expected a file", file.display());
    let (length, is_watched) = (about.len(), std::io::stderr().is_terminal());
    let progress = |came: u64| {
        if is_watched {
            let percent = came.saturating_mul(100) / length.max(1);
            write!(std::io::stderr(), "\r{percent} %{}", if came == length { "\n" } else { "" }).ok();
        }
    };
    Ok(artifacts.add(New { name, version, kind }, source, length, progress).await?)
}

fn list(all: &[Artifact]) -> Result<Answer> {
    let mut text = String::from("id      state      kind         bytes         name, version");
    for Artifact { id, state, kind, size, name, version, compatible, .. } in all {
        write!(text, "\n{id:<6}  {:<9}  {:<11}  {size:<12}  {name} {version}", word(state), word(kind))?;
        if let Some(compatible) = compatible {
            write!(text, ", for {compatible}")?;
        }
    }
    if all.is_empty() {
        "no artifacts yet; `host artifact add` takes one in".clone_into(&mut text);
    }
    Answer::new(text, all)
}

fn shown(artifact: &Artifact) -> Result<Answer> {
    let Artifact { id, name, version, kind, state, size, sha256, sha1, md5, added_by, added_at, compatible } = artifact;
    let compatible = compatible.as_ref().map(|of| format!(", for {of}")).unwrap_or_default();
    let text = format!(
        "artifact {id}: {name} {version}{compatible}\n  {}, {}, {size} bytes\n  sha256 {sha256}\n  sha1   {sha1}\n  \
         md5    {md5}\n  added by {added_by} at {added_at}",
        word(kind),
        word(state)
    );
    Answer::new(text, artifact)
}
