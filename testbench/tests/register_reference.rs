//! The register reference of the book is what the command prints.

use std::path::Path;
use std::process::Command;

#[test]
fn the_book_shows_the_registers_as_they_are() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/src/registers.md");
    let printed = Command::new(env!("CARGO_BIN_EXE_holdfast")).args(["registers", "--format", "markdown"]).output();
    let printed = printed.expect("the command runs");
    assert!(printed.status.success(), "{}", String::from_utf8_lossy(&printed.stderr));
    let book = std::fs::read(&page).unwrap_or_else(|error| panic!("{}: {error}", page.display()));
    assert!(
        book == printed.stdout,
        "docs/src/registers.md is not what the register map says; write it anew with\n    \
         cargo run -p holdfast-testbench --bin holdfast -- registers --format markdown > docs/src/registers.md"
    );
}
