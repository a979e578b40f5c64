//! Words and marks of a BIF text, with their places; nothing is copied.

/// What is wrong, where.
#[derive(Debug)]
pub(super) struct Trouble {
    /// Byte at which it begins; lines and columns are counted when it is told.
    pub at: usize,
    pub problem: String,
    pub hint: &'static str,
}

/// A word or a mark.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Token<'t> {
    pub text: &'t str,
    /// Whether it stood in quotes (then it is never a mark).
    pub quoted: bool,
    /// Byte at which it begins.
    pub at: usize,
}

/// An equals sign is none: there are states such as `>=7.5`.
pub(super) fn is_mark(c: char) -> bool {
    matches!(c, '{' | '}' | '(' | ')' | '[' | ']' | ';' | ',' | '|')
}

/// Line and column of a byte, both counted from 1, columns in characters.
pub(super) fn place(text: &str, at: usize) -> (usize, usize) {
    let before = text.get(..at).unwrap_or(text);
    let line = before.matches('\n').count() + 1;
    let begin = before.rfind('\n').map_or(0, |n| n + 1);
    (line, before[begin..].chars().count() + 1)
}

/// Length of the word at the beginning of a text. A slash ends it only where a comment begins: states such as Asy/Patch
/// have one.
fn word(text: &str) -> usize {
    let comment = |i: usize| matches!(text.as_bytes().get(i + 1), Some(b'/' | b'*'));
    let stops = |&(i, c): &(usize, char)| c.is_whitespace() || is_mark(c) || c == '"' || (c == '/' && comment(i));
    text.char_indices().skip(1).find(stops).map_or(text.len(), |(i, _)| i)
}

/// All tokens of a text, comments left out.
pub(super) fn tokens(text: &str) -> Result<Vec<Token<'_>>, Trouble> {
    let mut out = Vec::with_capacity(text.len() / 4);
    let mut at = 0;
    while let Some(first) = text[at..].chars().next() {
        let rest = &text[at..];
        let trouble = |problem: &str, hint| Trouble { at, problem: problem.into(), hint };
        if first.is_whitespace() || first == '\u{feff}' {
            at += first.len_utf8();
        } else if rest.starts_with("//") {
            at += rest.find('\n').unwrap_or(rest.len());
        } else if let Some(comment) = rest.strip_prefix("/*") {
            match comment.find("*/") {
                Some(end) => at += end + 4,
                None => return Err(trouble("a comment is never closed", "end it with */")),
            }
        } else if let Some(quoted) = rest.strip_prefix('"') {
            let Some(end) = quoted.find('"') else {
                return Err(trouble("a quoted name is never closed", "end it with a quote"));
            };
            out.push(Token { text: &quoted[..end], quoted: true, at });
            at += end + 2;
        } else if is_mark(first) {
            out.push(Token { text: &rest[..first.len_utf8()], quoted: false, at });
            at += first.len_utf8();
        } else {
            let end = word(rest);
            out.push(Token { text: &rest[..end], quoted: false, at });
            at += end;
        }
    }
    Ok(out)
}
