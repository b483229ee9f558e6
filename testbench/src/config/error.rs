//! What is wrong with a file, and where.

use std::fmt;
use std::ops::Range;

/// One mistake.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Line, from 1, where there is one.
    pub line: Option<usize>,
    /// Field, what was found and what is accepted. Never a key.
    pub text: String,
}

/// All mistakes of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigError {
    /// The file's name.
    pub file: String,
    /// At least one, in order of their lines.
    pub problems: Vec<Problem>,
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, problem) in self.problems.iter().enumerate() {
            if i > 0 {
                writeln!(f)?;
            }
            match problem.line {
                Some(line) => write!(f, "{}:{line}: {}", self.file, problem.text)?,
                None => write!(f, "{}: {}", self.file, problem.text)?,
            }
        }
        Ok(())
    }
}

impl std::error::Error for ConfigError {}

/// Collects mistakes while a file is checked.
pub(crate) struct Problems<'a> {
    file: &'a str,
    text: &'a str,
    found: Vec<Problem>,
}

impl<'a> Problems<'a> {
    pub fn new(file: &'a str, text: &'a str) -> Self {
        Self { file, text, found: Vec::new() }
    }

    pub fn add(&mut self, span: Option<Range<usize>>, text: impl Into<String>) {
        let line = span.map(|span| self.text.bytes().take(span.start).filter(|byte| *byte == b'\n').count() + 1);
        self.found.push(Problem { line, text: text.into() });
    }

    pub fn at(&mut self, span: Range<usize>, text: impl Into<String>) {
        self.add(Some(span), text);
    }

    /// The mistakes so far.
    pub fn all(self) -> ConfigError {
        self.finish(()).err().unwrap_or(ConfigError { file: String::new(), problems: Vec::new() })
    }

    /// The value, unless there were mistakes.
    pub fn finish<T>(mut self, value: T) -> Result<T, ConfigError> {
        if self.found.is_empty() {
            return Ok(value);
        }
        self.found.sort_by_key(|problem| problem.line);
        self.found.dedup();
        Err(ConfigError { file: self.file.to_owned(), problems: self.found })
    }
}
