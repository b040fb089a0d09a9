//! Pages of the timeline.

use super::{
    super::{machine::Machine, step::StepError},
    item::{Line, item, order},
};
use crate::{clock::Now, snapshot::Page};

impl Machine {
    /// A part of the timeline. What is due is left out even if the disk was too full to burn it.
    pub(crate) fn page(&mut self, now: Now, before: Option<&str>, limit: u16) -> Result<Page, StepError> {
        self.cx.now = now;
        if self.is_hidden() {
            return Ok(Page { items: Vec::new(), earlier: None });
        }
        let before = match before {
            None => (i64::MAX, 0, 0),
            Some(cursor) => parse_order(cursor).ok_or(StepError::NotNow)?,
        };
        self.cx.store.read(|tx| {
            let rows = tx.items_before(before, u32::from(limit))?;
            let full = rows.len() == usize::from(limit);
            let earlier = rows.last().filter(|_| full).map(order);
            let left = rows.into_iter().rev().filter(|row| row.expires_at.is_none_or(|at| at > now.unix));
            let lines = left.map(|row| Line::read(tx, row)).collect::<Result<Vec<_>, _>>()?;
            Ok(Page { items: lines.iter().map(item).collect(), earlier })
        })
    }
}

fn parse_order(text: &str) -> Option<(i64, u64, i64)> {
    let (position, rest) = text.split_once('-')?;
    let (n, id) = rest.split_once('-')?;
    Some((position.parse().ok()?, n.parse::<i64>().ok()?.try_into().ok()?, id.parse().ok()?))
}
