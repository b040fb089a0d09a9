//! What people paste, drop or type as an invitation (protocol 4.2): a link, a code or thirteen words, with whatever a
//! messenger, a mail program or a person put around it.
//!
//! [`clean`] is the one cleaning, before any parser; [`crate::link`], [`crate::code`] and [`crate::words`] read strict text. An
//! invitation counts where its own checksum says so, wherever it stands in the text, and a text with two different ones is
//! refused: nobody is led into a room that was not meant.

use zeroize::Zeroizing;

use crate::{
    code::{self, Code, CodeError},
    link::{Invitation, LinkError, SCHEME},
    words::{self, WordsError},
};

mod clean;
mod extent;
mod fault;
mod layer;
mod relay_address;

pub use clean::clean;
pub use relay_address::RelayAddress;

/// What a text holds.
#[derive(Debug)]
pub enum Pasted {
    /// A link, which says where the room is.
    Link(Invitation),
    /// A code, as symbols or as words.
    Code {
        /// The code.
        code: Code,
        /// The one address of a relay that stands beside it. No check says that it is the room's: an offer to a person.
        beside: Option<RelayAddress>,
    },
}

impl Pasted {
    fn of(code: Code) -> Self {
        Self::Code { code, beside: None }
    }

    /// The code.
    #[must_use]
    pub fn code(&self) -> &Code {
        match self {
            Self::Link(Invitation { code, .. }) | Self::Code { code, .. } => code,
        }
    }

    /// The one of both that says more, if they lead into the same room by the same way; a code says nothing about the way.
    fn joined(self, other: Self) -> Option<Self> {
        if !self.code().secret().same_as(other.code().secret()) {
            return None;
        }
        match (&self, &other) {
            (Self::Link(one), Self::Link(two)) => {
                let (one, two) = (one.expose_link().ok()?, two.expose_link().ok()?);
                if is_beginning(&two, &one) { Some(self) } else { is_beginning(&one, &two).then_some(other) }
            }
            (Self::Code { .. }, Self::Link(_)) => Some(other),
            (_, Self::Code { .. }) => Some(self),
        }
    }
}

/// Whether a link is another one without the last parts of that: programs that make links of a text know no `~`.
fn is_beginning(beginning: &str, link: &str) -> bool {
    link.strip_prefix(beginning).is_some_and(|parts| parts.is_empty() || parts.starts_with('~'))
}

/// Reads the invitation in a text. The same one may be there in several forms.
///
/// # Errors
/// [`PasteError`] names what is wrong, or that there are several invitations, or none.
pub fn read(text: &str) -> Result<Pasted, PasteError> {
    if text.len() > MAX_TEXT {
        return Err(PasteError::TooLong);
    }
    let as_it_is = || find(&clean(text));
    // A pin may begin like an escape of quoted-printable; then only one of both readings fits.
    match clean::unquoted(text).map(|text| find(&clean(&text))) {
        None => as_it_is(),
        Some(Err(PasteError::Several)) => Err(PasteError::Several),
        Some(Err(error)) => as_it_is().map_err(|_| error),
        Some(found) => found,
    }
}

/// The longest text that is looked through: a mail with what it quotes.
pub const MAX_TEXT: usize = 64 * 1024;

/// What stands before a pin.
const PIN_MARK: &str = "~k=";

/// Characters of a pin: 32 bytes in base64url.
const PIN: usize = 43;

/// Why there is no invitation in a text. Only what a person has to see to mend it is kept, and `Debug` prints none of it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PasteError {
    /// Longer than [`MAX_TEXT`].
    #[error("the text is too long to look for an invitation in it")]
    TooLong,
    /// Nothing that resembles an invitation.
    #[error("there is no invitation in the text")]
    Nothing,
    /// Invitations to different rooms, or to one room by different ways.
    #[error("there are several invitations in the text")]
    Several,
    /// A link that is wrong.
    #[error(transparent)]
    Link(#[from] LinkError),
    /// A code that is wrong.
    #[error(transparent)]
    Code(#[from] CodeError),
    /// Words that are wrong.
    #[error(transparent)]
    Words(#[from] WordsError),
}

/// Finds the one invitation in a cleaned text.
fn find(text: &str) -> Result<Pasted, PasteError> {
    let (links, rest) = extent::links(text);
    let (mut found, mut page, mut on_pages, mut pages) = (Vec::new(), None, Vec::new(), Vec::<&str>::new());
    for link in &links {
        let extent::Link { text: link, is_cut, may_go_on, .. } = link;
        match Invitation::parse(link) {
            Ok(_) if *is_cut => return Err(LinkError::Cut.into()),
            Ok(_) | Err(_) if *may_go_on => return Err(LinkError::Broken.into()),
            Ok(invitation) => found.push(Pasted::Link(invitation)),
            Err(error) if is_page(link, error) => {
                page = Some(error);
                match link.split_once('#') {
                    Some((_, code)) => on_pages.extend(codes(code).map(Pasted::of)),
                    None => pages.push(link.as_str()),
                }
            }
            // A part of it may be what keeps the room safe, so a code beside it does not count.
            Err(error) => return Err(error.into()),
        }
    }
    found.extend(codes(&rest).chain(thirteen(&rest)).map(Pasted::of));
    let mut found = found.into_iter();
    let Some(first) = found.next() else {
        return Err(page.map_or_else(|| fault::of(&rest), PasteError::Link));
    };
    // A page is no way into a room, but its code counts where somebody has to choose: a label may show another room.
    let found = found.chain(on_pages).try_fold(first, Pasted::joined).ok_or(PasteError::Several)?;
    let Pasted::Code { code, .. } = found else { return Ok(found) };
    let (beside, rest) = relay_address::beside(&pages, &rest)?;
    // Without its address a link would be a code that has lost what keeps the room safe.
    if extent::is_end_of_link(&rest) {
        return Err(LinkError::Cut.into());
    }
    Ok(Pasted::Code { code, beside })
}

/// Whether a link that cannot be read is some page in the sentence around an invitation: it has nothing that a code begins with.
fn is_page(link: &str, error: LinkError) -> bool {
    let is_another = || !link.get(..SCHEME.len()).is_some_and(|scheme| scheme.eq_ignore_ascii_case(SCHEME));
    match error {
        LinkError::NoCode | LinkError::Scheme => true,
        LinkError::TooLong
        | LinkError::Address
        | LinkError::Code(CodeError::TooShort { .. } | CodeError::TooLong | CodeError::Symbol { .. }) => is_another(),
        LinkError::Code(CodeError::Version(_) | CodeError::Typo { .. })
        | LinkError::Addresses
        | LinkError::Cut
        | LinkError::Broken
        | LinkError::Pin
        | LinkError::UnknownPart => false,
    }
}

/// Every code that is written as symbols: runs of letters and digits that are as long as one together, and whose check bits fit.
/// A word may stand directly before or behind it: there are no digits in one, and the check bits say where the code ends.
fn codes(text: &str) -> impl Iterator<Item = Code> {
    let runs: Vec<&str> = symbol_runs(text).collect();
    let starts = 0..runs.len();
    starts.filter_map(move |start| {
        let (first, behind) = runs.get(start..)?.split_first()?;
        // Version 1 makes the first symbol a 2 or a 3: words of a sentence do not begin like that.
        let first = first.trim_start_matches(|c: char| c.is_ascii_alphabetic());
        if !first.starts_with(['2', '3']) {
            return None;
        }
        let mut symbols = Zeroizing::new(String::with_capacity(code::SYMBOLS));
        for run in std::iter::once(first).chain(behind.iter().copied()) {
            let missing = code::SYMBOLS.saturating_sub(symbols.len());
            let (run, word) = run.split_at_checked(missing).unwrap_or((run, ""));
            if !is_word(word) {
                return None;
            }
            symbols.push_str(run);
            if symbols.len() == code::SYMBOLS {
                return Code::of_symbols(&symbols);
            }
        }
        None
    })
}

/// Every code that is written as words: thirteen of the list in a row, whose check bits fit.
fn thirteen(text: &str) -> impl Iterator<Item = Code> {
    // In its full size from the beginning: a list that grows leaves copies behind.
    let mut known = Zeroizing::new(Vec::with_capacity(words::split(text).count()));
    known.extend(words::split(text).map(words::index));
    (0..known.len()).filter_map(move |first| {
        let row = known.get(first..)?.first_chunk::<{ words::WORDS }>()?;
        let mut indices = Zeroizing::new([0; words::WORDS]);
        for (index, known) in indices.iter_mut().zip(row) {
            *index = (*known)?;
        }
        words::from_indices(&*indices).ok()
    })
}

/// Letters alone, or nothing.
fn is_word(text: &str) -> bool {
    text.chars().all(|c| c.is_ascii_alphabetic())
}

/// The pieces of a text that symbols of a code can stand in.
fn symbol_runs(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_ascii_alphanumeric()).filter(|run| !run.is_empty())
}

#[cfg(test)]
mod tests;
