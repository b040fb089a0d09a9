//! Lines of an output, which may be a pipe that nobody empties.

use std::{
    io::{self, Write},
    sync::mpsc::channel,
    thread,
    time::Duration,
};

use tokio::sync::{mpsc, oneshot};

use crate::{line::Line, plain};

/// Writes a session's output line by line.
pub(crate) struct Output(mpsc::Sender<Unwritten>);

/// A line, and who waits for it to be written.
type Unwritten = (String, oneshot::Sender<io::Result<()>>);

impl Output {
    /// Writes on a thread of its own, which holds nothing that the end of the program waits for: a blocking write to a pipe that is
    /// full ends when somebody reads, and that may be never.
    pub(crate) fn write(mut output: impl Write + Send + 'static) -> io::Result<Self> {
        let (lines, mut unwritten) = mpsc::channel::<Unwritten>(1);
        thread::Builder::new().name("output".to_owned()).spawn(move || {
            while let Some((line, written)) = unwritten.blocking_recv() {
                let outcome = output.write_all(line.as_bytes()).and_then(|()| output.flush());
                // Whoever waited may have gone.
                drop(written.send(outcome));
            }
        })?;
        Ok(Self(lines))
    }

    /// Every line of text goes through here, whoever wrote what is in it.
    ///
    /// # Cancel safety
    /// The line may be written all the same, in its place.
    pub(crate) async fn text(&self, line: &str) -> anyhow::Result<()> {
        self.line(plain::text(line)).await
    }

    /// Writes a line of JSON.
    ///
    /// # Cancel safety
    /// The line may be written all the same, in its place.
    pub(crate) async fn json(&self, line: &Line) -> anyhow::Result<()> {
        self.line(serde_json::to_string(line)?).await
    }

    /// Waits until the line is written: what nobody could see is not noted as read, and whoever reads slowly slows the session down.
    async fn line(&self, mut line: String) -> anyhow::Result<()> {
        line.push('\n');
        let (written, is_written) = oneshot::channel();
        self.0.send((line, written)).await?;
        Ok(is_written.await??)
    }
}

/// Says the last words of the program where complaints go, which is not waited for without an end.
pub(crate) fn complain(words: String) {
    let (said, is_said) = channel::<()>();
    let say = move || {
        // Where it cannot be said, the exit code says it.
        let _ = writeln!(io::stderr(), "{words}");
        drop(said);
    };
    if thread::Builder::new().name("complaint".to_owned()).spawn(say).is_ok() {
        // Ended, or too late.
        let _ = is_said.recv_timeout(LAST_WORDS);
    }
}

/// How long the last words are waited for.
const LAST_WORDS: Duration = Duration::from_secs(2);
