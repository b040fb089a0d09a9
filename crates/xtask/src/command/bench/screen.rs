//! The screen as a person sees it: what is on it is read from the X server, never asked of the program that draws.

use std::{
    collections::BTreeSet,
    thread,
    time::{Duration, Instant},
};

use anyhow::{Result, bail};
use x11rb::{
    connection::Connection as _,
    protocol::{
        damage::{self, ConnectionExt as _, ReportLevel},
        xproto::{ConnectionExt as _, ImageFormat},
    },
    rust_connection::RustConnection,
};

/// The server tells when anything was drawn (DAMAGE extension); only then the pixels are read, so that watching costs the
/// watched program nothing.
pub(super) struct Screen {
    connection: RustConnection,
    root: u32,
    size: (u16, u16),
    damage: u32,
}

impl Screen {
    pub(super) fn open(display: &str) -> Result<Self> {
        let (connection, number) = x11rb::connect(Some(display))?;
        let Some(screen) = connection.setup().roots.get(number) else { bail!("{display} has no screen") };
        let (root, size) = (screen.root, (screen.width_in_pixels, screen.height_in_pixels));
        connection.damage_query_version(1, 1)?.reply()?;
        let damage = connection.generate_id()?;
        connection.damage_create(damage, root, ReportLevel::NON_EMPTY)?.check()?;
        Ok(Self { connection, root, size, damage })
    }

    /// Waits until there is something to read, and returns when it was drawn.
    pub(super) fn wait_for_text(&self) -> Result<Instant> {
        self.wait("text", |colours| colours >= TEXT)
    }

    /// Waits until every window is gone.
    pub(super) fn wait_until_empty(&self) -> Result<()> {
        self.wait("an empty screen", |colours| colours == 1).map(|_| ())
    }

    #[expect(clippy::disallowed_methods, reason = "a measurement reads the clock")]
    fn wait(&self, what: &str, is_there: impl Fn(usize) -> bool) -> Result<Instant> {
        let begin = Instant::now();
        loop {
            let drawn = Instant::now();
            damage::subtract(&self.connection, self.damage, x11rb::NONE, x11rb::NONE)?;
            if is_there(self.colours()?) {
                return Ok(drawn);
            }
            while self.connection.poll_for_event()?.is_none() {
                if begin.elapsed() > PATIENCE {
                    bail!("waited in vain for {what} on the screen ({} s)", PATIENCE.as_secs());
                }
                thread::sleep(GRAIN);
            }
        }
    }

    /// How many colours are on the screen, up to [`TEXT`]. Every fourth line is read: no text is lower than that.
    fn colours(&self) -> Result<usize> {
        let (width, height) = self.size;
        let image =
            self.connection.get_image(ImageFormat::Z_PIXMAP, self.root, 0, 0, width, height, u32::MAX)?.reply()?;
        let mut colours = BTreeSet::new();
        let mut last: &[u8] = &[];
        for line in image.data.chunks_exact(usize::from(width).saturating_mul(4)).step_by(4) {
            for pixel in line.chunks_exact(4).filter_map(|pixel| pixel.get(..3)) {
                if pixel != last && colours.insert(pixel) && colours.len() >= TEXT {
                    return Ok(TEXT);
                }
                last = pixel;
            }
        }
        Ok(colours.len())
    }
}

/// The smoothed edges of letters have many shades. An empty window has one colour, and perhaps a second around it.
const TEXT: usize = 8;
/// The clock that reads the server's events ticks this often.
const GRAIN: Duration = Duration::from_millis(1);
const PATIENCE: Duration = Duration::from_secs(30);
