//! `host ca …`.

use std::path::PathBuf;

use anyhow::{Context, Result};
use clap::Subcommand;
use serde_json::json;

use super::{Answer, Host};
use crate::{
    ca::Ca,
    durable::{self, Readers},
    setup::{self, Machine},
    tls,
};

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Makes the authority where there is none, and leaves the root's key to be taken away. `host serve` does it too.
    Init,
    /// Shows the authority's certificates.
    Show,
    /// Issues a certificate and a key for the listener of a county role that runs apart.
    Server {
        /// A name or an address by which terminals call it; may be given several times.
        #[arg(long = "name", required = true)]
        names: Vec<String>,
        /// The folder to write server.pem and server.key to.
        #[arg(long, value_name = "FOLDER")]
        out: PathBuf,
    },
}

pub(super) fn run(host: &Host, command: Command) -> Result<Answer> {
    let data = &host.config.data;
    let folder = setup::ca_folder(data);
    match command {
        Command::Init => {
            durable::private_folder(data)?;
            let mut machine = Machine::default();
            machine.open_ca(&host.config, &host.clock)?;
            let lines = machine.made.iter().map(|made| format!("made {}: {}", made.what, made.path.display()));
            let mut text = lines.collect::<Vec<_>>().join("\n");
            if text.is_empty() {
                text = format!("the authority in {} is there already; nothing was changed", folder.display());
            }
            let made: Vec<_> =
                machine.made.iter().map(|made| json!({ "what": made.what, "path": made.path })).collect();
            Answer::new(text, json!({ "folder": folder, "made": made }))
        }
        Command::Show => {
            let ca = Ca::open(&folder).context("`host ca init` or a first `host serve` makes the authority")?;
            let (root, trusted) = (folder.join("root.pem"), folder.join("trusted.pem"));
            let (until, _) = tls::validity(&root)?;
            let (issuing_until, _) = tls::validity(&folder.join("issuing.pem"))?;
            let text = format!(
                "root     until {until}  {}\nissuing  until {issuing_until}\ntrusted  {}  (for a county role that runs apart)\n{}",
                root.display(),
                trusted.display(),
                ca.root_pem().trim_end()
            );
            let json = json!({ "root": root, "root_until": until, "issuing_until": issuing_until, "trusted": trusted });
            Answer::new(text, json)
        }
        Command::Server { names, out } => {
            let ca = Ca::open(&folder).context("`host ca init` or a first `host serve` makes the authority")?;
            let issued = ca.issue_server(&names, host.clock.now())?;
            durable::private_folder(&out).with_context(|| out.display().to_string())?;
            let (chain, key) = (out.join("server.pem"), out.join("server.key"));
            durable::write(&key, issued.key_pem.as_bytes(), Readers::Owner)?;
            durable::write(&chain, issued.chain_pem.as_bytes(), Readers::All)?;
            let (until, _) = tls::validity(&chain)?;
            let text = format!("{} and {}, until {until}", chain.display(), key.display());
            Answer::new(text, json!({ "certificate": chain, "key": key, "names": names, "until": until }))
        }
    }
}
