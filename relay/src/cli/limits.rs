//! The section `[limits]` of the configuration, and the range of each number.

use std::time::Duration;

use anyhow::bail;
use conclave_proto::limits;
use conclave_relay::{Config, blob::BlobQuota};
use serde::Deserialize;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Limits {
    rooms: usize,
    sockets: usize,
    sockets_per_source: usize,
    sockets_per_room: usize,
    entries_per_room: u64,
    bytes_per_room: u64,
    blob_bytes: u64,
    blobs_per_room: u64,
    blob_bytes_per_room: u64,
    blob_bytes_in_all: u64,
    boxes: usize,
    boxes_per_source: usize,
    outgoing_bytes: usize,
    unproven_bytes: usize,
    large_bytes: usize,
    ping_seconds: u64,
    sweep_seconds: u64,
}

impl Limits {
    /// Refuses what is out of range.
    pub(crate) fn put_into(&self, config: &mut Config) -> anyhow::Result<()> {
        // Twice the largest message: less would not let one through.
        let message = u64::from(config.limits.message).saturating_mul(2);
        // Less would not let the largest through.
        let blob = u64::try_from(limits::BLOB).unwrap_or(u64::MAX);
        let size = |number: usize| u64::try_from(number).unwrap_or(u64::MAX);
        let ranges = [
            ("rooms", size(self.rooms), 1, MOST_ROOMS),
            ("sockets", size(self.sockets), 1, MOST_SOCKETS),
            ("sockets_per_source", size(self.sockets_per_source), 1, MOST_SOCKETS),
            ("sockets_per_room", size(self.sockets_per_room), 1, MOST_SOCKETS),
            ("entries_per_room", self.entries_per_room, 2, MOST_ENTRIES),
            ("bytes_per_room", self.bytes_per_room, message, MOST_BYTES),
            ("blob_bytes", self.blob_bytes, 0, blob),
            ("blobs_per_room", self.blobs_per_room, 1, MOST_BLOBS),
            ("blob_bytes_per_room", self.blob_bytes_per_room, blob, MOST_BYTES),
            ("blob_bytes_in_all", self.blob_bytes_in_all, blob, MOST_BYTES),
            ("boxes", size(self.boxes), 0, MOST_BOXES),
            ("boxes_per_source", size(self.boxes_per_source), 1, MOST_BOXES),
            ("outgoing_bytes", size(self.outgoing_bytes), message, MOST_BYTES),
            ("unproven_bytes", size(self.unproven_bytes), message, MOST_BYTES),
            ("large_bytes", size(self.large_bytes), message, MOST_BYTES),
            ("ping_seconds", self.ping_seconds, 1, MOST_PING),
            ("sweep_seconds", self.sweep_seconds, 1, MOST_SWEEP),
        ];
        for (key, number, least, most) in ranges {
            if !(least..=most).contains(&number) {
                bail!("limits.{key}: {number} is out of range; give a number from {least} to {most}");
            }
        }
        config.max_rooms = self.rooms;
        config.max_sockets = self.sockets;
        config.max_sockets_per_source = self.sockets_per_source;
        config.max_sockets_per_room = self.sockets_per_room;
        config.quota.entries = self.entries_per_room;
        config.quota.bytes = self.bytes_per_room;
        config.limits.blob = u32::try_from(self.blob_bytes).unwrap_or(config.limits.blob);
        config.blobs = BlobQuota {
            room_blobs: self.blobs_per_room,
            room_bytes: self.blob_bytes_per_room,
            relay_bytes: self.blob_bytes_in_all,
        };
        config.max_boxes = self.boxes;
        config.max_boxes_per_source = self.boxes_per_source;
        config.outgoing = self.outgoing_bytes;
        config.unproven_bytes = self.unproven_bytes;
        config.large_bytes = self.large_bytes;
        config.ping_interval = Duration::from_secs(self.ping_seconds);
        config.sweep_interval = Duration::from_secs(self.sweep_seconds);
        Ok(())
    }
}

impl Default for Limits {
    fn default() -> Self {
        let config = Config::default();
        Self {
            rooms: config.max_rooms,
            sockets: config.max_sockets,
            sockets_per_source: config.max_sockets_per_source,
            sockets_per_room: config.max_sockets_per_room,
            entries_per_room: config.quota.entries,
            bytes_per_room: config.quota.bytes,
            blob_bytes: config.limits.blob.into(),
            blobs_per_room: config.blobs.room_blobs,
            blob_bytes_per_room: config.blobs.room_bytes,
            blob_bytes_in_all: config.blobs.relay_bytes,
            boxes: config.max_boxes,
            boxes_per_source: config.max_boxes_per_source,
            outgoing_bytes: config.outgoing,
            unproven_bytes: config.unproven_bytes,
            large_bytes: config.large_bytes,
            ping_seconds: config.ping_interval.as_secs(),
            sweep_seconds: config.sweep_interval.as_secs(),
        }
    }
}

/// Beyond what one machine carries: a number above is a slip, and sums of it would not fit.
const MOST_ROOMS: u64 = 100_000_000;
const MOST_SOCKETS: u64 = 10_000_000;
const MOST_ENTRIES: u64 = 1_000_000_000;
const MOST_BLOBS: u64 = 1_000_000;
/// A hundredth of the numbers of six digits: with more of them in use a guess would often meet one.
const MOST_BOXES: u64 = 9_000;
const MOST_BYTES: u64 = 1 << 40;
/// The app gives a connection up that was silent for 90 seconds.
const MOST_PING: u64 = 60;
/// What is due burns as late as this.
const MOST_SWEEP: u64 = 3600;

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(key: &str, number: u64) -> anyhow::Result<()> {
        let limits: Limits = toml::from_str(&format!("{key} = {number}"))?;
        limits.put_into(&mut Config::default())
    }

    #[test]
    fn every_number_has_a_range_and_its_ends_are_in_it() {
        let keys: Vec<(&str, u64, u64)> = vec![
            ("rooms", 1, MOST_ROOMS),
            ("sockets", 1, MOST_SOCKETS),
            ("sockets_per_source", 1, MOST_SOCKETS),
            ("sockets_per_room", 1, MOST_SOCKETS),
            ("entries_per_room", 2, MOST_ENTRIES),
            ("bytes_per_room", 3_670_016, MOST_BYTES),
            ("blob_bytes", 0, 26_214_400),
            ("blobs_per_room", 1, MOST_BLOBS),
            ("blob_bytes_per_room", 26_214_400, MOST_BYTES),
            ("blob_bytes_in_all", 26_214_400, MOST_BYTES),
            ("boxes", 0, MOST_BOXES),
            ("boxes_per_source", 1, MOST_BOXES),
            ("outgoing_bytes", 3_670_016, MOST_BYTES),
            ("unproven_bytes", 3_670_016, MOST_BYTES),
            ("large_bytes", 3_670_016, MOST_BYTES),
            ("ping_seconds", 1, MOST_PING),
            ("sweep_seconds", 1, MOST_SWEEP),
        ];
        let example = include_str!("../../relay.example.toml");
        let (_, limits) = example.split_once("[limits]").unwrap();
        let numbers = limits.lines().filter(|line| line.contains(" = ")).count();
        assert_eq!(numbers, keys.len(), "none is forgotten here");
        for (key, least, most) in keys {
            for number in [least, most] {
                parse(key, number).unwrap();
            }
            let outside = [0, least.saturating_sub(1), most + 1, u64::try_from(i64::MAX).unwrap()];
            for number in outside.into_iter().filter(|number| !(least..=most).contains(number)) {
                let error = format!("{:#}", parse(key, number).unwrap_err());
                assert!(error.contains(&format!("limits.{key}: {number} is out of range")), "{error}");
            }
        }
    }
}
