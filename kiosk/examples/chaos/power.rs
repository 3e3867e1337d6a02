//! The power under the terminal's data: a disk of the terminal's own that forgets what was not synced.
//!
//! Invariant: once the power is gone the disk takes no change, so that what the programs do until they are killed too
//! leaves nothing behind on it.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, Result};

use crate::{
    dice::Dice,
    forgetful::{Forgetful, Mounted},
};

/// A disk that loses its power again and again.
pub struct Power {
    disk: Forgetful,
    at: PathBuf,
    mounted: Option<Mounted>,
    dice: Dice,
    tally: Tally,
}

/// What the power cuts met so far.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tally {
    /// How many stopped a change of the disk or took something away from it.
    pub met_work: u32,
    /// How many of these stopped a change.
    pub stopped: u32,
    /// How many of these took away what a program had written.
    pub took: u32,
    /// How many found the disk at rest, with everything on it synced.
    pub at_rest: u32,
}

impl Tally {
    /// With one cut more.
    fn with(self, stopped: bool, took: bool) -> Self {
        let met_work = stopped || took;
        Self {
            met_work: self.met_work + u32::from(met_work),
            stopped: self.stopped + u32::from(stopped),
            took: self.took + u32::from(took),
            at_rest: self.at_rest + u32::from(!met_work),
        }
    }
}

impl Power {
    /// Mounts an empty disk; `seed` chooses what of it outlives each cut.
    ///
    /// # Errors
    ///
    /// No file system of one's own can be mounted.
    pub fn on(at: &Path, seed: u64) -> Result<Self> {
        fs::create_dir_all(at).with_context(|| at.display().to_string())?;
        let disk = Forgetful::new();
        let mut power = Self { disk, at: at.to_owned(), mounted: None, dice: Dice(seed), tally: Tally::default() };
        power.mount()?;
        Ok(power)
    }

    fn mount(&mut self) -> Result<()> {
        let mounted = self.disk.mount(&self.at);
        let hint = || format!("mount a file system at {}: needs /dev/fuse (modprobe fuse)", self.at.display());
        self.mounted = Some(mounted.with_context(hint)?);
        Ok(())
    }

    /// Lets it go after so many changes of the disk more.
    pub fn goes_after(&self, changes: u64) {
        self.disk.disk().stop_after(Some(changes));
    }

    /// Whether it is gone.
    pub fn is_gone(&self) -> bool {
        self.disk.disk().is_cut()
    }

    /// Lets it come back with what is left; the programs are dead.
    ///
    /// # Errors
    ///
    /// Somebody still holds the disk, or it cannot be mounted again.
    pub fn comes_back(&mut self) -> Result<()> {
        // Asked first: unmounting writes what nobody waits for.
        let stopped = self.disk.disk().has_stopped();
        if let Some(mounted) = self.mounted.take() {
            mounted.umount_and_join().with_context(|| format!("unmount {}", self.at.display()))?;
        }
        let dice = &mut self.dice;
        let took = self.disk.disk().after_the_cut(&mut || dice.below(2) == 0) > 0;
        self.tally = self.tally.with(stopped, took);
        self.mount()
    }

    /// Copies the files at the top of the disk to a folder.
    ///
    /// # Errors
    ///
    /// One that cannot be copied.
    pub fn keep(&self, to: &Path) -> Result<()> {
        fs::create_dir_all(to).with_context(|| to.display().to_string())?;
        for entry in fs::read_dir(&self.at)? {
            let entry = entry?;
            if entry.file_type()?.is_file() {
                fs::copy(entry.path(), to.join(entry.file_name()))?;
            }
        }
        Ok(())
    }

    /// What the cuts met so far.
    pub fn tally(&self) -> Tally {
        self.tally
    }
}
