//! Mailboxes without sockets, driven by instants that a test makes up.

use std::time::Duration;

use super::*;

fn end(conn: ConnId, source: Option<Source>) -> End {
    End::new(conn, source, Arc::new(Outgoing::new(1 << 20)))
}

/// Opens a box under the nameplate that these random bits give.
fn open(boxes: &Mailboxes, conn: ConnId, bits: u32, now: Instant) -> Result<Place, ErrorCode> {
    boxes.open(end(conn, None), BoxId([1; 16]), || bits, now).map_err(|refusal| refusal.code)
}

#[test]
fn each_nameplate_of_a_length_is_as_likely_as_any_other() {
    for open in [0, 89, 90, 899, 900, MOST] {
        let nameplates = nameplates(open);
        let count = nameplates.end - nameplates.start;
        assert!(open < 90 || u64::try_from(open).unwrap() * 100 <= u64::from(count) * 2, "most guesses meet none");
        let digits = nameplates.start.to_string().len();
        assert!(
            nameplates.clone().all(|nameplate| nameplate.to_string().len() == digits),
            "and none begins with a zero"
        );
        // A value that every nameplate has as often as any other; what is left over at the end is drawn again.
        let whole = u32::MAX / count * count;
        assert_eq!(pick(&nameplates, 0), Some(nameplates.start));
        assert_eq!(pick(&nameplates, whole - 1), Some(nameplates.end - 1));
        assert_eq!((pick(&nameplates, whole), pick(&nameplates, u32::MAX)), (None, None));
    }
    assert_eq!([0, 90, 900].map(|open| nameplates(open).start.to_string().len()), [4, 5, 6]);
}

#[tokio::test(start_paused = true)]
async fn a_nameplate_has_one_box_and_is_given_out_again_behind_it() {
    let (boxes, now) = (Mailboxes::new(10, 10), Instant::now());
    let first = open(&boxes, 1, 7, now).unwrap();
    assert_eq!(open(&boxes, 2, 7, now), Err(ErrorCode::BoxLimit), "no free one was drawn");
    let end_of_first = boxes.until(first, now).unwrap();
    assert_eq!(end_of_first - now, Duration::from_secs(600));
    assert_eq!(boxes.until(first, end_of_first), None, "its time is up");
    let again = boxes.open(end(2, None), BoxId([2; 16]), || 7, now).unwrap();
    assert_eq!(again.nameplate, first.nameplate);
    boxes.leave(first, 1);
    assert!(boxes.until(again, now).is_some(), "who was in the box of before does not end this one");
}

#[tokio::test(start_paused = true)]
async fn a_relay_and_a_source_have_so_many_boxes() {
    let (boxes, now) = (Mailboxes::new(4, 2), Instant::now());
    let (home, flood) = (Some(Source(1)), Some(Source(2)));
    let mut bits = 0;
    let mut open = |conn, source| {
        bits += 1;
        boxes.open(end(conn, source), BoxId([1; 16]), || bits, now).map_err(|refusal| refusal.code)
    };
    let place = open(1, flood).unwrap();
    open(2, flood).unwrap();
    assert_eq!(open(3, flood), Err(ErrorCode::BoxLimit));
    let alices = open(4, home).unwrap();
    let joined = boxes.join(end(5, flood), &alices.nameplate.to_string(), now).unwrap_err();
    assert_eq!(joined.code, ErrorCode::BoxLimit, "whichever end it is");
    boxes.leave(place, 1);
    assert!(boxes.join(end(5, flood), &alices.nameplate.to_string(), now).is_ok());
    open(6, None).unwrap();
    open(7, None).unwrap();
    assert_eq!(open(8, home), Err(ErrorCode::BoxLimit), "the relay is full");
    assert_eq!(boxes.count(), 4);
}

#[tokio::test(start_paused = true)]
async fn a_source_that_guesses_waits_and_others_do_not() {
    let (boxes, now) = (Mailboxes::new(10, 10), Instant::now());
    let place = open(&boxes, 1, 7, now).unwrap();
    let join = |source, nameplate: &str, now| {
        boxes.join(end(2, source), nameplate, now).map_err(|refusal| (refusal.code, refusal.retry_ms))
    };
    let (guesser, other) = (Some(Source(1)), Some(Source(2)));
    let wrong = [place.nameplate.to_string() + "0", format!("0{}", place.nameplate), format!("+{}", place.nameplate)];
    for nameplate in &wrong {
        assert_eq!(join(guesser, nameplate, now), Err((ErrorCode::BoxGone, None)), "one spelling for each box");
    }
    for _ in wrong.len()..10 {
        assert_eq!(join(guesser, "1", now), Err((ErrorCode::BoxGone, None)));
    }
    let (later, right) = (now + Duration::from_secs(200), place.nameplate.to_string());
    assert_eq!(join(guesser, &right, later), Err((ErrorCode::RateLimited, Some(400_000))));
    assert!(join(other, &right, later).is_ok());
    let third = join(None, &right, later);
    assert_eq!(third, Err((ErrorCode::BoxCrowded, None)));
    assert_eq!((boxes.until(place, later), boxes.count()), (None, 0), "which ends the box");
    assert_eq!(join(guesser, "1", now + Duration::from_secs(600)), Err((ErrorCode::BoxGone, None)));
}
