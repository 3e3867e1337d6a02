//! Passwords as they are stored: argon2id, as PHC strings.

use argon2::{
    Argon2, PasswordHash, PasswordHasher, PasswordVerifier,
    password_hash::{Salt, SaltString},
};

use super::random;

/// The fewest characters of a password.
const PASSWORD_MIN: usize = 10;
/// argon2 reads all of it; a longer one is somebody trying to keep the host busy.
const PASSWORD_MAX: usize = 256;

/// Why a password can't be one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unfit {
    /// Too short.
    #[error("a password has at least 10 characters")]
    Short,
    /// Too long.
    #[error("a password has at most 256 characters")]
    Long,
    /// argon2 takes it not.
    #[error("this password can't be used; take another one")]
    Unusable,
}

/// Of no password: what an unknown login is held against.
const NOBODY: &str =
    "$argon2id$v=19$m=19456,t=2,p=1$bm9ib2R5bm9ib2R5bm9ib2R5$zHk0RhW7cnbXrDEyaxZ2mZVTlOZrUPHpYgAfHBrMDRI";

/// Holds a password's length against the limits.
///
/// # Errors
/// One that is too short or too long.
pub fn check_password(password: &str) -> Result<(), Unfit> {
    match password.chars().count() {
        n if n < PASSWORD_MIN => Err(Unfit::Short),
        n if n > PASSWORD_MAX => Err(Unfit::Long),
        _ => Ok(()),
    }
}

/// As much of it as a stored one can have.
pub(super) fn shortened(password: &str) -> String {
    password.chars().take(PASSWORD_MAX).collect()
}

pub(super) fn hash(password: &str) -> Result<String, Unfit> {
    let salt = SaltString::encode_b64(&random::<16>()).expect("invariant: 16 bytes are a salt");
    let hash = Argon2::default().hash_password(password.as_bytes(), Salt::from(&salt));
    Ok(hash.map_err(|_| Unfit::Unusable)?.to_string())
}

pub(super) fn fits(password: &str, stored: Option<&str>) -> bool {
    PasswordHash::new(stored.unwrap_or(NOBODY))
        .is_ok_and(|hash| Argon2::default().verify_password(password.as_bytes(), &hash).is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hash_of_no_password_costs_what_a_real_one_does() {
        let (real, nobody) = (hash("一二三四五六七八九十").unwrap(), NOBODY);
        let (real, nobody) = (PasswordHash::new(&real).unwrap(), PasswordHash::new(nobody).unwrap());
        assert_eq!(real.params, nobody.params);
        assert_eq!(real.algorithm, nobody.algorithm);
        assert!(!fits("", None) && !fits("nobody", None));
    }
}
