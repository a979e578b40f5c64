//! Checkpoints: the exact state of a fit, with length and checksum so that damage is noticed.
//!
//! ```text
//! magic (8 bytes)  version u32  length u64  FNV-1a checksum u64  state (MessagePack with names)      little-endian
//! ```
//!
//! Doubles are stored as their eight bytes, so that infinities, `NaN` and signed zeros come back bit for bit.

use crate::atomic::{AtomicFile, write_error};
use crate::error::{IoError, cannot_read, shown};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::path::Path;

/// First bytes of every checkpoint.
pub(crate) const MAGIC: &[u8; 8] = b"NATGRADC";
const VERSION: u32 = 1;
const HEADER: usize = 8 + 4 + 8 + 8;

/// Writes the state of a fit, in one piece.
///
/// # Errors
/// [`IoError::Write`] or [`IoError::Full`]; then the former checkpoint is still there.
pub fn write_checkpoint<T: Serialize + ?Sized>(path: &Path, state: &T) -> Result<(), IoError> {
    let payload = rmp_serde::to_vec_named(state).map_err(|e| {
        write_error(&shown(path), std::io::ErrorKind::InvalidData, &format!("the state cannot be stored: {e}"))
    })?;
    let mut bytes = Vec::with_capacity(HEADER + payload.len());
    bytes.extend_from_slice(MAGIC);
    bytes.extend_from_slice(&VERSION.to_le_bytes());
    bytes.extend_from_slice(&(payload.len() as u64).to_le_bytes());
    bytes.extend_from_slice(&checksum(&payload).to_le_bytes());
    bytes.extend_from_slice(&payload);
    AtomicFile::write(path, &bytes)
}

/// Reads the state of a fit.
///
/// # Errors
/// [`IoError::File`] if there is no checkpoint, [`IoError::Checkpoint`] if it is truncated, damaged, of another version
/// or of another kind of fit.
pub fn read_checkpoint<T: DeserializeOwned>(path: &Path) -> Result<T, IoError> {
    let bytes = std::fs::read(path).map_err(|e| match (e.kind(), cannot_read(path, &e)) {
        (std::io::ErrorKind::NotFound, IoError::File { file, .. }) => IoError::File {
            file,
            problem: "there is no checkpoint to resume from".into(),
            hint: "start again without `--resume`".into(),
        },
        (_, other) => other,
    })?;
    let broken = |problem: String| IoError::Checkpoint { file: shown(path), problem };
    if !bytes.starts_with(MAGIC) {
        return Err(broken("it is not a checkpoint".into()));
    }
    let (Some(version), Some(length), Some(sum)) =
        (number::<4>(&bytes, 8), number::<8>(&bytes, 12), number::<8>(&bytes, 20))
    else {
        return Err(broken("the checkpoint is truncated".into()));
    };
    if version != u64::from(VERSION) {
        return Err(broken(format!("the checkpoint is of version {version}, this program reads version {VERSION}")));
    }
    let payload = &bytes[HEADER..];
    if payload.len() as u64 != length {
        return Err(broken(format!(
            "the checkpoint is truncated ({} bytes where {length} were written)",
            payload.len()
        )));
    }
    if checksum(payload) != sum {
        return Err(broken("the checkpoint is damaged (its checksum does not match)".into()));
    }
    rmp_serde::from_slice(payload).map_err(|e| broken(format!("the checkpoint is of another kind of fit ({e})")))
}

/// The little-endian number of `N` bytes at `at`, if the file is long enough.
fn number<const N: usize>(bytes: &[u8], at: usize) -> Option<u64> {
    let part = bytes.get(at..at + N)?;
    Some(part.iter().rev().fold(0, |n, b| n << 8 | u64::from(*b)))
}

/// FNV-1a, 64 bits.
fn checksum(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |h, b| (h ^ u64::from(*b)).wrapping_mul(0x0100_0000_01b3))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_checksum_is_fnv_1a() {
        // From the reference implementation's test vectors.
        assert_eq!(checksum(b""), 0xcbf29ce484222325);
        assert_eq!(checksum(b"a"), 0xaf63dc4c8601ec8c);
        assert_eq!(checksum(b"foobar"), 0x85944171f73967e8);
    }
}
