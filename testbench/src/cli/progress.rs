//! Progress on a terminal, none in a pipe.

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::io::IsTerminal;

/// A bar over `length` things, invisible unless standard error is a terminal.
pub fn bar(length: u64, what: &'static str) -> ProgressBar {
    let target = if std::io::stderr().is_terminal() { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
    let style = ProgressStyle::with_template("{prefix:>10} [{bar:40}] {pos}/{len} {msg} {eta}").unwrap_or(ProgressStyle::default_bar());
    ProgressBar::with_draw_target(Some(length), target).with_style(style).with_prefix(what)
}
