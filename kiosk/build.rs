//! Compiles the pages; their texts are translated by the files under `ui/lang`.

fn main() {
    let config =
        slint_build::CompilerConfiguration::new().with_style("fluent".into()).with_bundled_translations("ui/lang");
    // A megabyte less to read and to keep at each start; a linker that can't passes over it.
    println!("cargo:rustc-link-arg-bins=-Wl,-z,pack-relative-relocs");
    slint_build::compile_with_config("ui/app.slint", config).expect("the pages compile");
}
