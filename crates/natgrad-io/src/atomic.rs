//! Files that appear whole or not at all: written aside in the same folder, synced, then renamed.

use crate::error::IoError;
use std::fs::{File, OpenOptions};
use std::io::{self, BufWriter, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

/// A file in the making. [`commit`](Self::commit) puts it in its place; dropped before that, it leaves no trace.
///
/// Devices and pipes (`/dev/stdout`) are written directly, as there is nothing to rename.
#[derive(Debug)]
pub struct AtomicFile {
    /// `None` once committed or given up.
    writer: Option<BufWriter<File>>,
    /// The file written aside; `None` for devices and pipes.
    aside: Option<PathBuf>,
    target: PathBuf,
    shown: String,
    /// The first failure of a write, kept because writers above this one rewrap it.
    failure: Option<(io::ErrorKind, String)>,
}

impl AtomicFile {
    /// Starts a file that is to appear at `path`.
    ///
    /// # Errors
    /// [`IoError::Write`] if the folder does not exist or cannot be written, or if `path` is a folder.
    pub fn create(path: &Path) -> Result<Self, IoError> {
        let shown = path.display().to_string();
        // Through symbolic links, so that the link stays.
        let target = path.canonicalize().unwrap_or_else(|_| path.to_path_buf());
        let fail = |e: &io::Error| write_error(&shown, e.kind(), &e.to_string());
        if let Ok(meta) = target.metadata() {
            if meta.is_dir() {
                return Err(write_error(&shown, io::ErrorKind::IsADirectory, ""));
            }
            if !meta.is_file() {
                let file = OpenOptions::new().write(true).open(&target).map_err(|e| fail(&e))?;
                return Ok(AtomicFile::start(file, None, target, shown));
            }
        }
        let Some(name) = target.file_name() else {
            return Err(write_error(&shown, io::ErrorKind::InvalidInput, "it names no file"));
        };
        static COUNTER: AtomicU64 = AtomicU64::new(0);
        loop {
            let number = COUNTER.fetch_add(1, Ordering::Relaxed);
            let aside = target.with_file_name(format!(
                ".{}.{}-{number}.tmp",
                name.to_string_lossy().chars().take(80).collect::<String>(),
                std::process::id()
            ));
            match OpenOptions::new().write(true).create_new(true).open(&aside) {
                Ok(file) => return Ok(AtomicFile::start(file, Some(aside), target, shown)),
                Err(e) if e.kind() == io::ErrorKind::AlreadyExists => continue,
                Err(e) => return Err(fail(&e)),
            }
        }
    }

    fn start(file: File, aside: Option<PathBuf>, target: PathBuf, shown: String) -> Self {
        AtomicFile { writer: Some(BufWriter::with_capacity(1 << 16, file)), aside, target, shown, failure: None }
    }

    /// Writes `bytes` as the whole file at `path`.
    ///
    /// # Errors
    /// [`IoError::Write`] or [`IoError::Full`]; then nothing was changed at `path`.
    pub fn write(path: &Path, bytes: &[u8]) -> Result<(), IoError> {
        let mut file = AtomicFile::create(path)?;
        match file.write_all(bytes) {
            Ok(()) => file.commit(),
            Err(e) => Err(file.error(&e.to_string())),
        }
    }

    /// Syncs the file and puts it in its place.
    ///
    /// # Errors
    /// [`IoError::Write`] or [`IoError::Full`], also for a write that failed before; then nothing was changed at the
    /// path.
    pub fn commit(mut self) -> Result<(), IoError> {
        if self.failure.is_some() {
            return Err(self.error(""));
        }
        if let Err(e) = self.try_commit() {
            self.note(&e);
            return Err(self.error(&e.to_string()));
        }
        Ok(())
    }

    fn try_commit(&mut self) -> io::Result<()> {
        let Some(writer) = self.writer.take() else { return Ok(()) };
        let file = writer.into_inner().map_err(|e| e.into_error())?;
        let Some(aside) = &self.aside else { return Ok(()) };
        file.sync_all()?;
        drop(file);
        std::fs::rename(aside, &self.target)?;
        self.aside = None;
        // The new name is safe once its folder is; where folders cannot be synced there is nothing to do.
        #[cfg(unix)]
        if let Some(folder) = self.target.parent() {
            let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
            if let Ok(folder) = File::open(folder) {
                let _ = folder.sync_all();
            }
        }
        Ok(())
    }

    /// The error for a failed write; `otherwise` says what is wrong where it was not the disk.
    pub(crate) fn error(&self, otherwise: &str) -> IoError {
        match &self.failure {
            Some((kind, text)) => write_error(&self.shown, *kind, text),
            None => write_error(&self.shown, io::ErrorKind::Other, otherwise),
        }
    }

    fn note(&mut self, error: &io::Error) {
        if error.kind() != io::ErrorKind::Interrupted && self.failure.is_none() {
            self.failure = Some((error.kind(), error.to_string()));
        }
    }

    fn with_writer<T>(&mut self, step: impl FnOnce(&mut BufWriter<File>) -> io::Result<T>) -> io::Result<T> {
        let result = match &mut self.writer {
            Some(writer) => step(writer),
            None => Err(io::Error::other("the file is closed")),
        };
        if let Err(e) = &result {
            self.note(e);
        }
        result
    }
}

impl Write for AtomicFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.with_writer(|w| w.write(bytes))
    }

    fn flush(&mut self) -> io::Result<()> {
        self.with_writer(|w| w.flush())
    }
}

impl Seek for AtomicFile {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.with_writer(|w| w.seek(to))
    }
}

impl Drop for AtomicFile {
    fn drop(&mut self) {
        if let Some(writer) = self.writer.take() {
            // Without this, BufWriter would try once more to write what is left.
            let _ = writer.into_parts();
        }
        if let Some(aside) = &self.aside {
            let _ = std::fs::remove_file(aside);
        }
    }
}

/// The error for a file that could not be written.
pub(crate) fn write_error(file: &str, kind: io::ErrorKind, text: &str) -> IoError {
    use io::ErrorKind::*;
    let (problem, hint) = match kind {
        StorageFull | QuotaExceeded | FileTooLarge => {
            return IoError::Full { file: file.into(), hint: "free some space, or write to another disk".into() };
        }
        NotFound => ("its folder does not exist".to_string(), "create the folder, or check the path"),
        NotADirectory => ("a part of its path is a file, not a folder".to_string(), "check the path"),
        PermissionDenied => ("permission to write it is denied".to_string(), "check the rights of its folder"),
        ReadOnlyFilesystem => ("its disk is read-only".to_string(), "write to another disk"),
        IsADirectory => ("it is a folder".to_string(), "name a file"),
        _ => (format!("it cannot be written: {text}"), "check the path and the disk"),
    };
    IoError::Write { file: file.into(), problem, hint: hint.into() }
}
