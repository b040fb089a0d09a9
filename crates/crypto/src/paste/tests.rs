use proptest::prelude::*;

use super::*;
use crate::purpose::RoomSecret;

const CODE: &str = "26Q3J-41SCA-G5983-JEYHW-1FB1D-VE8YX";
const PIN: &str = "AbCdEfGhIjKlMnOpQrStUvWxYz0123456789-_AbCdE";

fn words() -> Zeroizing<String> {
    words::expose_words(&Code::parse(CODE).unwrap())
}

fn link() -> String {
    format!("conclave://192.168.1.5:4433/#{CODE}~p~k={PIN}~a=relay.example:4433~a=[2001:db8::1]")
}

fn shown(pasted: &Pasted) -> String {
    match pasted {
        Pasted::Link(invitation) => (*invitation.expose_link().unwrap()).clone(),
        Pasted::Code(code) => (*code.expose_text()).clone(),
    }
}

#[track_caller]
fn assert_reads(text: &str, as_this: &str) {
    assert_eq!(read(text).map(|found| shown(&found)), Ok(as_this.to_owned()), "{text:?}");
}

#[test]
fn what_programs_and_people_put_around_an_invitation_does_not_count() {
    let (words, link) = (words(), link());
    for (text, code) in [
        (format!("\u{feff}{CODE}"), CODE),
        ("\u{200f}26Q3J\u{200b}-41SCA-G59\u{ad}83-JEYHW-1FB1D-VE8YX\u{2069}".to_owned(), CODE),
        (format!("„{CODE}“"), CODE),
        (format!("《{CODE}》。"), CODE),
        (format!("Here is the code: {CODE}, see you!"), CODE),
        (format!("The code:{CODE}."), CODE),
        ("> 26Q3J-41SCA-G5983-\n> JEYHW-1FB1D-VE8YX".to_owned(), CODE),
        ("26Q3J-41SCA-G5983-=\r\nJEYHW-1FB1D-VE8YX".to_owned(), CODE),
        ("26q3j—41sca – g5983−jeyhw‑1fb1d·ve8yx".to_owned(), CODE),
        ("２６Ｑ３Ｊ－４１ＳＣＡ　Ｇ５９８３－ＪＥＹＨＷ－１ＦＢ１Ｄ－ＶＥ８ＹＸ".to_owned(), CODE),
        (words.to_uppercase(), CODE),
        (format!("The words are {}. See you soon, friend!", *words), CODE),
        (words.split(' ').zip(1..).map(|(word, number)| format!("{number}. {word}\n")).collect(), CODE),
        (words.split(' ').map(|word| format!("> \u{201a}{word}\u{2018},\r\n")).collect(), CODE),
        (format!("<{link}>."), &link),
        (format!("[our room]({link})"), &link),
        (format!("Come in:\n\n{link}\n\nThanks."), &link),
        (link.replace('#', "%23").replace('~', "%7E").replace('=', "%3D"), &link),
        (link.replace('=', "=3D").replace("/#26Q", "/#26=\nQ").replace("AbCdEfG", "AbCd=\nEfG"), &link),
        (
            link.replace("/#26Q", "/#26\n> Q").replace("AbCdEfG", "AbCd\n> EfG").replace("~a=relay", "~a=\n> relay"),
            &link,
        ),
        (format!("{link}\n{link}"), &link),
        (format!("{link}\nor the code {CODE}\nor the words {}", *words), &link),
        (format!("The app is at https://conclave.example/get. The code: {CODE}"), CODE),
        (format!("The app is at https://conclave.example/get#linux\n#1:{CODE}"), CODE),
        (format!("https://list.example/?q={} and {CODE}", "a".repeat(3000)), CODE),
        (link.replace("168.1.5", "168.\n> 1.5"), &link),
    ] {
        assert_reads(&text, code);
    }
}

/// What stands behind an invitation belongs to whoever wrote it.
#[test]
fn nothing_that_others_write_behind_a_link_becomes_a_part_of_it() {
    let bare = "conclave://relay.example/#26Q3J-41SCA-G5983-JEYHW-1FB1D-VE8YX";
    let Ok(Pasted::Link(expected)) = read(bare) else { panic!("the bare link") };
    for behind in [" ~ Ann", "\n\n~ Ann", "\n~Ann", " ~Ann", "\n\n~a=[::1]:10", "\n\n~k=bad", "\n> \n> ~a=evil.example"]
    {
        let text = format!("{bare}{behind}");
        let Ok(Pasted::Link(found)) = read(&text) else { panic!("{behind:?}: {:?}", read(&text)) };
        assert_eq!(found.expose_link().unwrap(), expected.expose_link().unwrap(), "{behind:?}");
    }
    let broken = format!("{bare}\r\n~p");
    assert!(
        matches!(read(&broken), Ok(Pasted::Link(Invitation { needs_passphrase: true, .. }))),
        "its own next line is"
    );
    // The page of a site and a code below it do not make the site a relay.
    let page = "Site: https://127.0.0.1:9\n#26Q3J-41SCA-G5983-JEYHW-1FB1D-VE8YX";
    assert!(matches!(read(page), Ok(Pasted::Code(_))), "{:?}", read(page));
}

/// However long a text is made, it is read in less than it takes to write it: a window waits for that.
#[test]
fn no_text_costs_more_than_its_length() {
    let texts = ["2 ", "x://", "]", "/# ", "act ", "%25", "=3D 2 ", "~a ", "\u{fdfa}", "conclave://"];
    for piece in texts {
        let text = piece.repeat(MAX_TEXT / piece.len());
        assert!(read(&text).is_err(), "{piece:?}");
        let text = format!("x://{}", piece.repeat(MAX_TEXT / piece.len() - 4));
        assert!(read(&text).is_err(), "{piece:?}");
    }
    let long_word = format!("act act act act act act act act act act act act {}", "q".repeat(60_000));
    assert!(read(&long_word).is_err());
}

#[test]
fn several_different_ones_are_asked_about_and_the_same_one_twice_is_one() {
    let other = Code::from_secret(RoomSecret::from_bytes(&[7; 16]));
    for text in [
        format!("{CODE} or {}", *other.expose_text()),
        format!("{CODE} or {}", *words::expose_words(&other)),
        format!("conclave://relay.example/#{CODE} or conclave://relay.example/#{}", *other.expose_text()),
        // One room, but which way is right?
        format!("conclave://relay.example/#{CODE} or conclave://elsewhere.example/#{CODE}"),
    ] {
        assert_eq!(read(&text).map(|found| shown(&found)), Err(PasteError::Several), "{text}");
    }
    assert_reads(&format!("{CODE}\n{}\n{}", CODE.to_lowercase(), *words()), CODE);
}

#[test]
fn what_is_wrong_is_named_where_it_stands() {
    let words = words();
    let error = |text: &str| read(text).map(|found| shown(&found)).unwrap_err();
    let symbol = |character, position| PasteError::Code(CodeError::Symbol { character, position });
    assert_eq!(error("Here: 26Q3J-41SCA-G59U3-JEYHW-1FB1D-VE8YX."), symbol('U', 14));
    assert_eq!(error("26Q3J-41SCA-G59\u{44f}3-JEYHW-1FB1D-VE8YX"), symbol('\u{44f}', 14), "a letter of another script");
    let typo = |position| PasteError::Code(CodeError::Typo { position });
    assert_eq!(error("see 26Q3J-41SCA-G5993-JEYHW-1FB1D-VE8YX"), typo(Some(14)));
    assert_eq!(error("26Q3J 41SCA G5983 JEYHW 1FB1D VEBYX"), typo(Some(28)), "also in a group of letters alone");
    let missing = |missing| PasteError::Code(CodeError::TooShort { missing });
    assert_eq!(error("26Q3J-41SCA-G5983-JEYHW-1FB1D-VE8Y!"), missing(1));
    assert_eq!(error("The code: 26Q3J 41SCA"), missing(20));
    let (all_but_one, _) = words.rsplit_once(' ').unwrap();
    assert_eq!(error(all_but_one), PasteError::Words(WordsError::TooFew { missing: 1 }));
    let crunch = words.split(' ').nth(3).unwrap();
    for around in ["", "Hello, here are the words for Friday: "] {
        let error = error(&format!("{around}{}", words.replacen(crunch, "crunsh", 1)));
        let PasteError::Words(WordsError::Unknown { position: 4, word }) = error else { panic!("{error:?}") };
        assert_eq!((word.expose_written(), word.expose_nearest()), ("crunsh", Some("crunch")));
    }
    for (link, expected) in [
        ("conclave://relay.example/".to_owned(), LinkError::NoCode),
        (format!("relay.example/#{CODE}"), LinkError::Scheme),
        (format!("conclave://relay.example/#{CODE}~z=1"), LinkError::UnknownPart),
        (format!("conclave://relay.example/#{CODE}~z=1 and {CODE}"), LinkError::UnknownPart),
        (format!("CONCLAVE://RELAY.EXAMPLE/#{CODE}~K={}", PIN.to_uppercase()), LinkError::Pin),
        (format!("conclave://relay.example/#{CODE}~k={}", PIN.to_lowercase()), LinkError::Pin),
    ] {
        assert_eq!(error(&link), PasteError::Link(expected), "{link}");
    }
    assert_eq!(error("Come to the meeting on Friday, at 18:30 in room 204!"), PasteError::Nothing);
    assert_eq!(error(&" ".repeat(MAX_TEXT + 1)), PasteError::TooLong);
}

#[test]
fn an_error_prints_nothing_of_the_invitation() {
    let words = words();
    let third = words.split(' ').nth(3).unwrap();
    for text in [words.replacen(third, "crunsh", 1), CODE.replacen('Q', "R", 1), link().replace("~p", "~secret")] {
        let error = read(&text).unwrap_err();
        let printed = format!("{error:?} {error}").to_lowercase();
        for secret in text.split(|c: char| !c.is_alphanumeric()).chain(words.split(' ')).filter(|part| part.len() > 4) {
            assert!(!printed.contains(&secret.to_lowercase()), "{printed}");
        }
    }
}

/// What happens to a text on its way. Each may happen after the others.
#[derive(Clone, Copy, Debug)]
enum Way {
    Mark,
    Quotes,
    Brackets,
    Sentence,
    Invisible,
    Percent,
    QuotedPrintable,
    Wrapped(usize),
    Reply,
    FullWidth,
    Carriage,
    Twice,
}

impl Way {
    fn take(self, text: &str) -> String {
        match self {
            Self::Mark => format!("\u{feff}{text}"),
            Self::Quotes => format!("\u{201e}{text}\u{201c}"),
            Self::Brackets => format!("\u{300a}({text})\u{300b}"),
            Self::Sentence => format!("Here it is: {text} \u{2013} see you!"),
            Self::Invisible => text.chars().flat_map(|c| [c, '\u{200b}']).collect(),
            Self::Percent => text.replace('%', "%25").replace('#', "%23").replace('~', "%7E").replace(' ', "%20"),
            Self::QuotedPrintable => {
                let escape = |byte: u8| match byte {
                    b'=' | 0x80.. => format!("={byte:02X}"),
                    _ => char::from(byte).to_string(),
                };
                let escaped: Vec<String> = text.bytes().map(escape).collect();
                escaped.chunks(50).map(|line| line.concat()).collect::<Vec<_>>().join("=\n")
            }
            Self::Wrapped(width) => wrapped(text, width, "\n"),
            Self::Reply => text.lines().map(|line| format!("> {line}\n")).collect(),
            Self::FullWidth => text.chars().map(|c| if c.is_ascii_alphanumeric() { wide(c) } else { c }).collect(),
            Self::Carriage => text.replace('\n', "\r\n"),
            Self::Twice => format!("{text}\n\n{text}"),
        }
    }
}

fn wrapped(text: &str, width: usize, at: &str) -> String {
    let symbols: Vec<char> = text.chars().collect();
    symbols.chunks(width).map(|line| line.iter().collect::<String>()).collect::<Vec<_>>().join(at)
}

fn wide(c: char) -> char {
    char::from_u32(u32::from(c).saturating_add(0xFEE0)).unwrap()
}

fn ways() -> impl Strategy<Value = Vec<Way>> {
    use Way::*;
    let one = prop_oneof![
        Just(Mark),
        Just(Quotes),
        Just(Brackets),
        Just(Sentence),
        Just(Invisible),
        Just(Percent),
        Just(Reply),
        Just(FullWidth),
        Just(Carriage),
        Just(Twice)
    ];
    prop::collection::vec(one, 0..5)
}

proptest! {
    #[test]
    fn a_code_reads_the_same_whatever_happened_to_it(secret: [u8; 16], ways in ways(), lower: bool, broken: bool) {
        let code = Code::from_secret(RoomSecret::from_bytes(&secret));
        let mut text = (*code.expose_text()).clone();
        if lower {
            text = text.to_lowercase();
        }
        if broken {
            text = Way::Wrapped(18).take(&text);
        }
        let text = ways.iter().fold(text, |text, way| way.take(&text));
        prop_assert_eq!(read(&text).map(|found| shown(&found)), Ok((*code.expose_text()).clone()), "{}", text);
    }

    #[test]
    fn words_read_the_same_whatever_happened_to_them(secret: [u8; 16], ways in ways(), upper: bool, numbered: bool) {
        let code = Code::from_secret(RoomSecret::from_bytes(&secret));
        let mut text = (*words::expose_words(&code)).clone();
        if upper {
            text = text.to_uppercase();
        }
        if numbered {
            text = text.split(' ').zip(1..).map(|(word, number)| format!("{number}. {word} ")).collect();
        }
        let text = ways.iter().fold(text, |text, way| way.take(&text));
        prop_assert_eq!(read(&text).map(|found| shown(&found)), Ok((*code.expose_text()).clone()), "{}", text);
    }

    #[test]
    fn a_link_reads_the_same_whatever_happened_to_it(
        secret: [u8; 16], pin: Option<[u8; 32]>, needs_passphrase: bool, ports in prop::collection::vec(1000..u16::MAX, 1..4),
        ways in ways(), width in prop::option::of(38..79_usize), mailed: bool,
    ) {
        let addresses = ports.iter().map(|port| conclave_proto::Authority::host("relay.example", *port).unwrap()).collect();
        let code = Code::from_secret(RoomSecret::from_bytes(&secret));
        let link = Invitation { addresses, code, pin, needs_passphrase }.expose_link().unwrap();
        let (first, last) = (width.map(Way::Wrapped), mailed.then_some(Way::QuotedPrintable));
        let text = first.iter().chain(&ways).chain(&last).fold((*link).clone(), |text, way| way.take(&text));
        prop_assert_eq!(read(&text).map(|found| shown(&found)), Ok((*link).clone()), "{}", text);
    }

    #[test]
    fn no_other_text_reads_as_an_invitation(text: String, sentence in "([a-z0-9]{1,8}[ ,.\\-\n]){1,60}") {
        prop_assert!(read(&text).is_err());
        prop_assert!(read(&sentence).is_err());
        let link = format!("conclave://relay.example/#{text}");
        prop_assert!(read(&link).is_err());
    }
}
