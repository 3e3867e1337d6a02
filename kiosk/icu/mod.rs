// What the ICU data crates compile in place of their own: each finds the file with its name here. One that is missing
// stops the build with its path; write it like those of `icu_normalizer_data` where nothing is to be left out.
//
// `ICU4X_DATA_DIR` in .cargo/config.toml points here. Source: ICU4X, documentation of `icu_provider::baked` and of the
// data crates, "Custom data".
include!(concat!(core::env!("ICU4X_DATA_DIR"), "/", core::env!("CARGO_PKG_NAME"), ".rs"));
