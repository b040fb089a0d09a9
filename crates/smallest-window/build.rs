//! Reads the configuration into the program; does nothing without the `window` feature.

fn main() {
    #[cfg(feature = "window")]
    if let Err(error) = tauri_build::try_build(tauri_build::Attributes::new()) {
        println!("cargo:error={error:#}");
    }
}
