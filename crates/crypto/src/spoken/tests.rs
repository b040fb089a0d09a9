use conclave_seal::rng::OsRng;

use super::*;

const BOX: BoxId = BoxId([1; 16]);

fn authority() -> Authority {
    "relay.example".parse().unwrap()
}

fn run(authority: &Authority) -> Run<'_> {
    Run { authority, nameplate: "4172", box_id: &BOX, joiner_nonce: &[2; 16], inviter_nonce: &[3; 16] }
}

fn words(text: &str) -> SpokenWords {
    SpokenWords::parse(text).unwrap()
}

/// Runs up to Bob's proof and says what Ann makes of it.
fn anns_verdict(
    anns: &SpokenWords,
    bobs: &SpokenWords,
    ann_run: &Run<'_>,
    bob_run: &Run<'_>,
) -> Result<(), SpokenError> {
    let (bob, first) = Joiner::start(&mut OsRng, bobs, bob_run);
    let (ann, second) = Inviter::answer(&mut OsRng, anns, ann_run, &first)?;
    let (_, proof) = bob.prove(&second)?;
    ann.hand_over(&mut OsRng, &proof, b"invitation").map(drop)
}

#[test]
fn bob_hears_three_words_and_gets_the_invitation() {
    let (ann_words, authority) = (SpokenWords::generate(&mut OsRng), authority());
    let bob_words = words(&ann_words.expose_words().map(|word| word.to_uppercase()).join(", "));
    let (bob, first) = Joiner::start(&mut OsRng, &bob_words, &run(&authority));
    let (ann, second) = Inviter::answer(&mut OsRng, &ann_words, &run(&authority), &first).unwrap();
    let (bob, proof) = bob.prove(&second).unwrap();
    let (ann, fourth) = ann.hand_over(&mut OsRng, &proof, b"invitation").unwrap();
    let (invitation, done) = bob.open(&mut OsRng, &fourth).unwrap();
    assert_eq!(**invitation, *b"invitation");
    assert_eq!(ann.finish(&done), Ok(()));
}

#[test]
fn a_guesser_has_one_guess_and_hears_nothing() {
    let (right, wrong, authority) = (words("velvet orbit lemon"), words("velvet orbit lens"), authority());
    let run = run(&authority);
    assert_eq!(anns_verdict(&right, &right, &run, &run), Ok(()));
    assert_eq!(anns_verdict(&right, &wrong, &run, &run), Err(SpokenError::WrongWords));
}

#[test]
fn words_fit_in_their_own_run_only() {
    let (same, authority) = (words("velvet orbit lemon"), authority());
    let here = run(&authority);
    let elsewhere: Authority = "relay.evil".parse().unwrap();
    for other in [
        Run { authority: &elsewhere, ..here },
        Run { nameplate: "4173", ..here },
        Run { box_id: &BoxId([9; 16]), ..here },
        Run { joiner_nonce: &[9; 16], ..here },
        Run { inviter_nonce: &[9; 16], ..here },
    ] {
        assert_eq!(anns_verdict(&same, &same, &here, &other), Err(SpokenError::WrongWords), "{other:?}");
    }
}

#[test]
fn whoever_changes_a_message_is_found_out() {
    let (same, authority) = (words("velvet orbit lemon"), authority());
    let run = run(&authority);
    // The last byte belongs to the data, which is only bound by the transcript.
    let (bob, mut first) = Joiner::start(&mut OsRng, &same, &run);
    *first.last_mut().unwrap() = 2;
    let (ann, second) = Inviter::answer(&mut OsRng, &same, &run, &first).unwrap();
    let (_, proof) = bob.prove(&second).unwrap();
    assert_eq!(ann.hand_over(&mut OsRng, &proof, b"x").map(drop), Err(SpokenError::WrongWords));

    let (bob, first) = Joiner::start(&mut OsRng, &same, &run);
    let (ann, second) = Inviter::answer(&mut OsRng, &same, &run, &first).unwrap();
    let (bob, proof) = bob.prove(&second).unwrap();
    let (_, mut fourth) = ann.hand_over(&mut OsRng, &proof, b"x").unwrap();
    *fourth.last_mut().unwrap() ^= 1;
    assert_eq!(bob.open(&mut OsRng, &fourth).map(drop), Err(SpokenError::WrongWords));
}

#[test]
fn a_mirror_of_bobs_proof_is_not_anns() {
    let (same, authority) = (words("velvet orbit lemon"), authority());
    let run = run(&authority);
    let (bob, first) = Joiner::start(&mut OsRng, &same, &run);
    let (_, second) = Inviter::answer(&mut OsRng, &same, &run, &first).unwrap();
    let (bob, proof) = bob.prove(&second).unwrap();
    assert_eq!(bob.open(&mut OsRng, &[&proof[..], &[0; 100]].concat()).map(drop), Err(SpokenError::WrongWords));
    let (bob, first) = Joiner::start(&mut OsRng, &same, &run);
    assert!(bob.prove(&first).is_ok(), "his own share back is a point");
    let (bob, _) = Joiner::start(&mut OsRng, &same, &run);
    assert_eq!(bob.prove(&[0; 35]).map(drop), Err(SpokenError::Malformed), "the neutral element is not taken");
    let (bob, _) = Joiner::start(&mut OsRng, &same, &run);
    assert_eq!(bob.prove(b"short").map(drop), Err(SpokenError::Malformed));
}

#[test]
fn each_mistake_in_what_was_heard_has_its_own_name() {
    let heard = |text| Spoken::parse(text).map(|heard| (heard.nameplate, heard.words.expose_words()));
    let right = Ok(("4172".to_owned(), ["velvet", "orbit", "lemon"]));
    for text in [
        "4172, velvet orbit lemon",
        " 41 72 - VELV/orbi.lemo! ",
        "\u{ff14}172 velvet\u{200b} orbit\nlemon",
        "4172velvet orbit lemon",
    ] {
        assert_eq!(heard(text), right, "{text}");
    }
    for text in [
        "velvet orbit lemon",
        "417 velvet orbit lemon",
        "0172 velvet orbit lemon",
        "4172001 velvet orbit lemon",
        "velvet orbit lemon 4172",
        "4172 velvet 3 orbit lemon",
        "\u{664}\u{661}\u{667}\u{662} velvet orbit lemon",
        "",
    ] {
        assert_eq!(heard(text), Err(SpokenTextError::Number), "{text}");
    }
    assert_eq!(heard("4172 velvet orbit"), Err(SpokenTextError::Count));
    assert_eq!(heard("4172 velvet orbit lemon lemon"), Err(SpokenTextError::Count));
    let Err(SpokenTextError::Unknown { position, word }) = heard("4172 velvet orbitt lemon") else {
        panic!("no such word")
    };
    assert_eq!((position, word.expose_written(), word.expose_nearest()), (2, "orbitt", Some("orbit")));
    assert_eq!(format!("{:?}", words("velvet orbit lemon")), "SpokenWords(..)");
}
