//! RAUC bundles made by the real `rauc`, signed by whomever a test wants.

use std::{
    fs::{self, File},
    io::Write,
    path::PathBuf,
    process::{Command, Output},
};

use tempfile::TempDir;

/// The devices that they are for.
pub(crate) const COMPATIBLE: &str = "lianxin-amd64";

/// Where keys are drawn and bundles made.
pub(crate) struct Workshop(TempDir);

impl Workshop {
    /// None where RAUC isn't installed on this machine.
    pub(crate) fn new() -> Option<Self> {
        if Command::new("rauc").arg("--version").output().is_err() {
            assert!(std::env::var("CI").is_err(), "rauc: `kiosk/setup system` installs it");
            std::io::stderr().write_all(b"left out: RAUC, because there is no program rauc\n").unwrap();
            return None;
        }
        Some(Self(tempfile::tempdir().unwrap()))
    }

    fn put(&self, name: &str, bytes: &[u8]) {
        File::create(self.0.path().join(name)).unwrap().write_all(bytes).unwrap();
    }

    fn run(&self, program: &str, arguments: &str) {
        let mut command = Command::new(program);
        let Output { status, stderr, .. } =
            command.current_dir(self.0.path()).args(arguments.split_whitespace()).output().unwrap();
        assert!(status.success(), "{program}: {}", String::from_utf8_lossy(&stderr));
    }

    /// Draws somebody's key; the certificate for it, for the purposes that RAUC asks for.
    pub(crate) fn draw_key(&self, who: &str) -> PathBuf {
        let uses = "-addext keyUsage=digitalSignature -addext extendedKeyUsage=emailProtection,codeSigning";
        let key = format!("-newkey rsa:2048 -nodes -keyout {who}.key -out {who}.pem -days 2 -subj /CN={who}");
        self.run("openssl", &format!("req -x509 {key} {uses}"));
        self.0.path().join(format!("{who}.pem"))
    }

    /// A bundle with one image.
    pub(crate) fn bundle(&self, who: &str, format: &str, version: &str, image: &[u8]) -> Vec<u8> {
        let (content, made) = (self.0.path().join("content"), self.0.path().join("made"));
        fs::remove_dir_all(&content).ok();
        fs::create_dir(&content).unwrap();
        self.put("content/rootfs.img", image);
        let manifest = format!(
            "[update]\ncompatible={COMPATIBLE}\nversion={version}\n\n[bundle]\nformat={format}\n\n\
             [image.rootfs]\nfilename=rootfs.img\n"
        );
        self.put("content/manifest.raucm", manifest.as_bytes());
        fs::remove_file(&made).ok();
        self.run("rauc", &format!("bundle --cert {who}.pem --key {who}.key content made"));
        fs::read(&made).unwrap()
    }
}
