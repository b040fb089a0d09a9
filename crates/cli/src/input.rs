//! Lines of an input, none of which fills the memory.

use std::{
    io::{self, BufRead, Read},
    thread,
};

use tokio::sync::mpsc;

/// A line of a session's input.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Taken {
    /// Bytes, so that a line that is no text is answered and not the end.
    Whole(Vec<u8>),
    /// More than [`MOST`] bytes, which were read and not kept.
    TooLong,
}

/// Reads a session's input line by line.
pub(crate) struct Lines {
    parts: mpsc::Receiver<io::Result<Vec<u8>>>,
    /// The part that was read last, and how much of it was taken.
    part: io::Cursor<Vec<u8>>,
    /// What of the next line was read.
    begun: Vec<u8>,
    is_too_long: bool,
    is_first: bool,
}

impl Lines {
    /// Reads on a thread of its own, which holds nothing that the end of the program waits for. A read that the runtime makes would
    /// be waited for until somebody presses Enter; and if its threads were left behind, OpenSSL would free what is theirs at the exit
    /// of the program while they end, and free it as well.
    pub(crate) fn read(mut input: impl Read + Send + 'static) -> io::Result<Self> {
        let (read, parts) = mpsc::channel(1);
        thread::Builder::new().name("input".to_owned()).spawn(move || {
            loop {
                let mut part = vec![0; PART];
                match input.read(&mut part) {
                    Ok(0) => return,
                    Ok(length) => part.truncate(length),
                    Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                    Err(error) => {
                        // Whoever listened may have gone.
                        drop(read.blocking_send(Err(error)));
                        return;
                    }
                }
                if read.blocking_send(Ok(part)).is_err() {
                    return;
                }
            }
        })?;
        Ok(Self { parts, part: io::Cursor::default(), begun: Vec::new(), is_too_long: false, is_first: true })
    }

    /// The next line without its end; none behind the last one.
    ///
    /// # Cancel safety
    /// Nothing is lost.
    pub(crate) async fn next(&mut self) -> io::Result<Option<Taken>> {
        loop {
            let mut read = self.part.fill_buf()?;
            let mut is_last = false;
            if read.is_empty() {
                match self.parts.recv().await.transpose()? {
                    Some(part) => self.part = io::Cursor::new(part),
                    None => is_last = true,
                }
                read = self.part.fill_buf()?;
            }
            let end = read.iter().position(|byte| *byte == b'\n');
            let line = read.get(..end.unwrap_or(read.len())).unwrap_or_default();
            self.is_too_long |= self.begun.len().saturating_add(line.len()) > MOST;
            if self.is_too_long {
                self.begun.clear();
            } else {
                self.begun.extend_from_slice(line);
            }
            let taken = line.len().saturating_add(end.map_or(0, |_| 1));
            self.part.consume(taken);
            if end.is_some() || is_last {
                return Ok(self.taken(is_last));
            }
        }
    }

    fn taken(&mut self, is_last: bool) -> Option<Taken> {
        if std::mem::take(&mut self.is_too_long) {
            return Some(Taken::TooLong);
        }
        let mut line = std::mem::take(&mut self.begun);
        if is_last && line.is_empty() {
            return None;
        }
        line.pop_if(|last| *last == b'\r');
        if std::mem::take(&mut self.is_first) && line.starts_with(MARK) {
            line.drain(..MARK.len());
        }
        Some(Taken::Whole(line))
    }
}

/// The first line of an input without its end, and without a byte order mark.
pub(crate) fn first_line(input: impl BufRead) -> io::Result<String> {
    let mut line = Vec::new();
    let most = u64::try_from(MOST).unwrap_or(u64::MAX);
    input.take(most.saturating_add(1)).read_until(b'\n', &mut line)?;
    line.pop_if(|last| *last == b'\n');
    line.pop_if(|last| *last == b'\r');
    if line.len() > MOST {
        return Err(io::Error::new(io::ErrorKind::InvalidData, format!("its first line has more than {MOST} bytes")));
    }
    if line.starts_with(MARK) {
        line.drain(..MARK.len());
    }
    String::from_utf8(line).map_err(|_| io::Error::new(io::ErrorKind::InvalidData, "its first line is not in UTF-8"))
}

/// The byte order mark that editors and shells of Windows put before a text, and that nobody typed.
const MARK: &[u8] = "\u{feff}".as_bytes();

/// Bytes that are read at once.
const PART: usize = 8 * 1024;
/// Twice what a command takes for the longest message if each of its signs is written as an escape.
pub(crate) const MOST: usize = 128 * 1024;

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_line_that_is_too_long_is_one_line_and_the_next_one_is_read() {
        let long = "a".repeat(MOST);
        let input = format!("one\r\n\n{long}\n{long}b\ntwo\n{long}{long}");
        let mut lines = Lines::read(io::Cursor::new(input)).unwrap();
        let mut taken = Vec::new();
        while let Some(line) = lines.next().await.unwrap() {
            assert!(lines.begun.capacity() <= 2 * MOST, "what is too long is not kept");
            taken.push(line);
        }
        let whole = |line: &str| Taken::Whole(line.as_bytes().to_owned());
        assert_eq!(taken, [whole("one"), whole(""), whole(&long), Taken::TooLong, whole("two"), Taken::TooLong]);
    }

    #[tokio::test]
    async fn a_byte_order_mark_before_the_first_line_belongs_to_none() {
        for (input, expected) in
            [("\u{feff}{}\r\n\u{feff}two", ["{}", "\u{feff}two"]), ("\u{feff}\n\u{feff}two\n", ["", "\u{feff}two"])]
        {
            let mut lines = Lines::read(input.as_bytes()).unwrap();
            for line in expected {
                assert_eq!(lines.next().await.unwrap(), Some(Taken::Whole(line.into())), "{input:?}");
            }
            assert_eq!(lines.next().await.unwrap(), None);
        }
        assert_eq!(first_line("\u{feff}correct horse".as_bytes()).unwrap(), "correct horse");
    }

    #[test]
    fn a_first_line_is_read_without_what_stands_behind_it() {
        assert_eq!(first_line(&b"correct horse\r\n\xff"[..]).unwrap(), "correct horse");
        assert_eq!(first_line(&b""[..]).unwrap(), "");
        let error = first_line(io::BufReader::new(io::repeat(b'a'))).unwrap_err().to_string();
        assert_eq!(error, "its first line has more than 131072 bytes");
        assert_eq!(first_line(&b"\xff\n"[..]).unwrap_err().to_string(), "its first line is not in UTF-8");
    }
}
