//! Which of the system's fonts draw what the pinned ones lack, on the screen and on paper alike.
//!
//! Invariant: opens no font before a character asks for one. The order is ours and not the system's: a Chinese shape comes
//! before a Japanese one, an outline before a bitmap. Together these families draw every character of GB 18030-2022.
//! Source: counted by `tests/characters`, with the fonts of Debian 12 and 13.

use std::collections::BTreeSet;

use fontique::{Collection, CollectionOptions, FallbackKey, FamilyId, GenericFamily, Script};

/// The families, each for what those before it lack: Noto for GBK and the names that a list of the state has in common use,
/// Hanazono for the rest of the Chinese characters (extensions B to F), Unifont for the scripts of other peoples.
pub const FAMILIES: [&str; 5] = ["Noto Sans CJK SC", "HanaMinA", "HanaMinB", "Unifont", "Unifont Upper"];

/// Its letters and digits are half as wide as a Chinese character, as a printer's are; of the first family's files.
pub const HALF_WIDE: &str = "Noto Sans Mono CJK SC";

/// Debian's packages of them.
pub const PACKAGES: &str = "fonts-noto-cjk, fonts-hanazono and fonts-unifont";

/// Where Slint looks after the family that a page names. Source: i-slint-common 1.18.1, `FALLBACK_FAMILIES`.
const AFTER_THE_NAMED: [GenericFamily; 2] = [GenericFamily::SansSerif, GenericFamily::SystemUi];

/// The system's fonts in our order.
///
/// # Panics
/// Where the system has no font at all, as fontique 0.11.1 does; no page opens there.
#[must_use]
pub fn of_the_system() -> Collection {
    let mut collection = Collection::new(CollectionOptions { shared: false, system_fonts: true });
    put_in_order(&mut collection);
    collection
}

/// Makes our families those that follow a named one. Where the system has none of them, its own order stays; what it has
/// beside them follows by script.
pub fn put_in_order(collection: &mut Collection) {
    let ours: Vec<FamilyId> = FAMILIES.iter().filter_map(|name| collection.family_id(name)).collect();
    if ours.is_empty() {
        return;
    }
    for generic in AFTER_THE_NAMED {
        collection.set_generic_families(generic, ours.iter().copied());
    }
}

/// The families that are asked for a Chinese character, first to last, as Slint asks them.
pub fn asked(collection: &mut Collection) -> Vec<FamilyId> {
    let mut families: Vec<FamilyId> = Vec::new();
    for generic in AFTER_THE_NAMED {
        families.extend(collection.generic_families(generic));
    }
    families.extend(collection.fallback_families(FallbackKey::from(Script::from_bytes(*b"Hani"))));
    let mut seen = BTreeSet::new();
    families.retain(|family| seen.insert(family.to_u64()));
    families
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_families_stand_in_our_order_before_the_systems_others() {
        let mut collection = of_the_system();
        let asked: Vec<String> = asked(&mut collection)
            .into_iter()
            .map(|family| collection.family_name(family).unwrap_or_default().to_owned())
            .collect();
        assert_eq!(asked[..FAMILIES.len()], FAMILIES, "install {PACKAGES}");
    }

    #[test]
    fn a_system_without_our_families_keeps_its_own_order() {
        let mut bare = Collection::new(CollectionOptions { shared: false, system_fonts: false });
        let pinned = include_bytes!("../ui/fonts/LianxinSans-Regular.otf");
        let family = bare.register_fonts(pinned.to_vec().into(), None)[0].0;
        bare.set_generic_families(GenericFamily::SansSerif, [family].into_iter());
        put_in_order(&mut bare);
        assert_eq!(asked(&mut bare), [family]);
    }
}
