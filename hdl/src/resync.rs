//! Sequence state that survives; see the page of that name in the book.
pub mod keeper;

pub use keeper::Keeper;
