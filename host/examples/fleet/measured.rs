//! What a process costs, as Linux counts it. Source: proc(5).

use std::{fs, os::unix::fs::MetadataExt, path::Path, time::Duration};

use anyhow::{Context, Result};

/// A process that is watched.
#[derive(Debug, Clone, Copy)]
pub struct Process(u32);

impl Process {
    pub fn new(id: u32) -> Self {
        Self(id)
    }

    /// The host that works on a data folder: it holds the lock of a file there.
    pub fn of_host(data: &Path) -> Result<Self> {
        let lock = data.join("host.lock");
        let inode = fs::metadata(&lock).with_context(|| lock.display().to_string())?.ino().to_string();
        let locks = fs::read_to_string("/proc/locks").context("/proc/locks")?;
        let holder = locks.lines().find_map(|line| {
            let words: Vec<&str> = line.split_whitespace().collect();
            let at = words.iter().position(|word| *word == "WRITE")?;
            let is_it = words.get(at + 2)?.rsplit(':').next() == Some(inode.as_str());
            is_it.then(|| words.get(at + 1)?.parse().ok()).flatten()
        });
        Ok(Self(holder.context("no host works on this data folder on this machine")?))
    }

    /// Processor time since its start, its children's left out.
    pub fn cpu(self) -> Result<Duration> {
        // Nanoseconds of all threads, which stat's ticks of a hundredth of a second are too coarse for.
        let mut total = 0;
        for task in fs::read_dir(format!("/proc/{}/task", self.0)).context("the process has ended")? {
            let stat = task?.path().join("schedstat");
            if let Ok(text) = fs::read_to_string(stat) {
                total += text.split_whitespace().next().and_then(|spent| spent.parse::<u64>().ok()).unwrap_or(0);
            }
        }
        Ok(Duration::from_nanos(total))
    }

    /// Resident memory, MiB.
    pub fn memory_mib(self) -> Result<f64> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.0)).context("the process has ended")?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).context("VmRSS")?;
        let kib: u32 = line.split_whitespace().next().context("VmRSS")?.parse()?;
        Ok(f64::from(kib) / 1024.0)
    }
}
