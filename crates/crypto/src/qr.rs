//! A link as a QR code: byte mode, error level M (protocol 4.2).

use qrcode::{Color, EcLevel, QrCode};

/// The modules of a QR code, without the quiet zone around it. It shows a secret, so it prints nothing.
#[derive(Clone, PartialEq, Eq)]
pub struct Qr {
    width: usize,
    modules: Vec<bool>,
}

impl Qr {
    /// The code of a text.
    ///
    /// # Errors
    /// [`TooLong`] beyond 2331 bytes; links are shorter.
    pub fn new(text: &str) -> Result<Self, TooLong> {
        let code = QrCode::with_error_correction_level(text, EcLevel::M).map_err(|_| TooLong)?;
        let modules = code.to_colors().into_iter().map(|color| color == Color::Dark).collect();
        Ok(Self { width: code.width(), modules })
    }

    /// Modules on each side.
    #[must_use]
    pub const fn width(&self) -> usize {
        self.width
    }

    /// The rows from top to bottom; `true` is dark.
    pub fn rows(&self) -> impl Iterator<Item = &[bool]> {
        self.modules.chunks_exact(self.width.max(1))
    }

    /// An SVG with the quiet zone of four modules that readers need, black on white whatever the theme is.
    #[must_use]
    pub fn to_svg(&self) -> String {
        let side = self.width.saturating_add(2 * QUIET);
        let mut path = String::new();
        for (y, row) in (QUIET..).zip(self.rows()) {
            for (x, _) in (QUIET..).zip(row).filter(|(_, dark)| **dark) {
                path.push_str(&format!("M{x} {y}h1v1h-1z"));
            }
        }
        format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {side} {side}\" shape-rendering=\"crispEdges\">\
             <path fill=\"#fff\" d=\"M0 0h{side}v{side}h-{side}z\"/><path d=\"{path}\"/></svg>"
        )
    }
}

impl std::fmt::Debug for Qr {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Qr({} modules wide)", self.width)
    }
}

/// The text does not fit into a QR code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the link is too long for a QR code")]
pub struct TooLong;

const QUIET: usize = 4;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::link::MAX_LINK;

    #[test]
    fn a_code_has_its_three_finders() {
        let qr = Qr::new("conclave://relay.example/#26Q3J-41SCA-G5983-JEYHW-1FB1D-VE8YX").unwrap();
        let finder =
            [[true; 7], [true, false, false, false, false, false, true], [true, false, true, true, true, false, true]];
        let rows: Vec<_> = qr.rows().collect();
        let last = qr.width() - 7;
        for (y, expected) in finder.iter().enumerate() {
            assert_eq!(&rows[y][..7], expected, "top left, row {y}");
            assert_eq!(&rows[y][last..], expected, "top right, row {y}");
            assert_eq!(&rows[last + y][..7], expected, "bottom left, row {y}");
        }
        assert_eq!((rows.len(), qr.width() % 4), (qr.width(), 1), "sides are 17 + 4 times the version");
    }

    #[test]
    fn the_picture_shows_each_dark_module_once_inside_a_quiet_zone() {
        let qr = Qr::new("x").unwrap();
        let svg = qr.to_svg();
        let dark = qr.rows().flatten().filter(|dark| **dark).count();
        assert_eq!(svg.matches("h1v1").count(), dark);
        assert!(svg.contains(&format!("viewBox=\"0 0 {0} {0}\"", qr.width() + 8)));
        assert!(svg.contains("M4 4h1"), "the first finder begins behind the quiet zone");
    }

    #[test]
    fn the_longest_link_fits() {
        assert!(Qr::new(&"x".repeat(MAX_LINK)).is_ok());
        assert_eq!(Qr::new(&"x".repeat(4000)), Err(TooLong));
    }

    #[test]
    fn a_code_prints_no_content() {
        assert_eq!(format!("{:?}", Qr::new("x").unwrap()), "Qr(21 modules wide)");
    }
}
