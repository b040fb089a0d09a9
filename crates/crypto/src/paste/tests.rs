use conclave_proto::Authority;
use data_encoding::BASE64URL_NOPAD;
use proptest::prelude::*;

use super::*;
use crate::{link::LANDING, purpose::RoomSecret};

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
        Pasted::Code { code, .. } => (*code.expose_text()).clone(),
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
        (link.replace('#', "&num;").replace('=', "&#61;").replace(':', "&colon;").replace('~', "&#x7e;"), &link),
        (link.replace('#', "\\#").replace('-', "\\-").replace('_', "\\_").replace('~', "\\~"), &link),
        (format!("<{link}|the room>"), &link),
        (format!("<{link}|{link}>"), &link),
        (format!("[{link}]({link})"), &link),
        (format!("[url={link}]{link}[/url]"), &link),
        (format!("[URL={link}]our room[/URL]"), &link),
        (format!("[url]{link}[/url]"), &link),
        (format!("link:{link}[our room]"), &link),
        (format!("<a href=\"{}\">our room</a>", link.replace('=', "&#x3D;")), &link),
        (format!("{link}?utm_source=mail&utm_medium=news.example.com"), &link),
        (format!("{link}&fbclid=IwAR26Q3J41SCA"), &link),
        (format!("{link}#:~:text=come%20in"), &link),
        (link.replace('#', "?utm_source=news.example.com&fbclid=IwAR0#"), &link),
        (link.replace("/#26Q", "/#26\n> Q").replace("AbCdEfG", "AbCd\n> EfG") + "&utm_source=mail", &link),
    ] {
        assert_reads(&text, code);
    }
}

/// What mail filters, messengers and search engines make of a link, in the form in which it goes into a mail.
#[test]
fn a_link_that_others_wrote_into_theirs_is_still_the_one_that_was_sent() {
    let landing = format!("https://relay.example/#{CODE}");
    let bare = format!("conclave://relay.example/#{CODE}");
    let encoded = "https%3A%2F%2Frelay.example%2F%2326Q3J-41SCA-G5983-JEYHW-1FB1D-VE8YX";
    for text in [
        format!(
            "https://nam02.safelinks.protection.outlook.com/?url={encoded}&data=05%7C02%7Cann%40example.org\
             %7C2c3f41d6a5b74e08%7C0%7C638512345678901234%7CUnknown%7CTWFpbGZsb3d8&sdata=q3%2B2x%3D&reserved=0"
        ),
        format!("https://nam02.safelinks.protection.outlook.com/?url={encoded}&amp;data=05%7C02%7Cann&amp;reserved=0"),
        format!("https://www.google.com/url?q={encoded}&sa=D&source=docs&ust=1712345678&usg=AOvVaw26Q3J"),
        format!("https://www.google.com/url?q={landing}&sa=D&source=docs"),
        format!("https://l.facebook.com/l.php?u=https%3A%2F%2Frelay.example%2F%3Ffbclid%3DIwAR0%23{CODE}&h=AT0"),
        format!("https://l.facebook.com/l.php?h=AT0&u={encoded}"),
        format!("https://linkprotect.cudasvc.com/url?a={encoded}&c=E,1,q3_2x&typo=1"),
        format!("https://secure-web.cisco.com/1q3J26/{encoded}"),
        format!("https://href.example/?{landing}"),
        format!("https://urldefense.com/v3/__https://relay.example/*{CODE}__;Iw!!Ab-3_x!q3J26Q3J$ "),
        "https://urldefense.com/v3/__https:/relay.example/*26Q3J-41SCA-\n> G5983-JEYHW-1FB1D-VE8YX__;Iw!!A!q$"
            .to_owned(),
        "https://urldefense.com/v3/__https:**Arelay.example**A26Q3J-41SCA-G5983-JEYHW-1FB1D-VE8YX__;Ly8vIw!!A!q$"
            .to_owned(),
        "https://urldefense.proofpoint.com/v2/url?u=https-3A__relay.example_-2326Q3J-2D41SCA-2DG5983-2DJEYHW-2D1FB1D\
         -2DVE8YX&d=DwMFaQ&c=q3J26&r=x&m=y&s=z&e="
            .to_owned(),
        format!("https://urldefense.proofpoint.com/v1/url?u={encoded}&k=q3J%0A&r=x"),
    ] {
        assert_reads(&text, &bare);
        assert_reads(&format!("Come in: <{text}>."), &bare);
    }
}

/// Forms of an invitation, each with another end: of a code, `~p`, a pin, and addresses with a port, in brackets and of an onion.
fn forms() -> [String; 6] {
    let bare = format!("conclave://192.168.1.5:4433/#{CODE}");
    let pinned = format!("{bare}~k={PIN}");
    let onion = "a".repeat(56);
    [
        CODE.to_owned(),
        format!("{bare}~p"),
        format!("{pinned}~a=relay.example:4433"),
        format!("{pinned}~a=[2001:db8::1]"),
        format!("{bare}~a={onion}.onion"),
        pinned,
    ]
}

#[test]
fn an_invitation_needs_no_space_before_what_stands_behind_it() {
    for form in forms() {
        for sign in [
            ".",
            ",",
            ";",
            "!",
            "?",
            ")",
            "\"",
            "'",
            "`",
            "\u{201d}",
            "\u{bb}",
            "\u{2026}",
            "\u{3002}",
            "\u{ff0c}",
            "\u{1f600}",
            "*",
            "|",
            "\\",
            "{",
            "@",
            "+",
        ] {
            for behind in ["", "See", " See", "\u{5f85}"] {
                assert_reads(&format!("{form}{sign}{behind} you"), &form);
            }
        }
        for behind in
            ["</a>", "<br>See", "</p>See", "&quot;,", "&hellip;See", "&lt;br&gt;See", "%0ASee", "\u{41f}\u{440}"]
        {
            assert_reads(&format!("{form}{behind}"), &form);
        }
    }
    // Neither is what may as well be more of it, and so wrong, cut off: a letter, or a dash behind a pin.
    for form in &forms()[1..4] {
        assert!(read(&format!("{form}und")).is_err(), "{form}");
    }
    for behind in ["~p=1", ",~p", ", ~p", ".~k=AAAA"] {
        let found = read(&format!("conclave://192.168.1.5:4433/#{CODE}{behind}"));
        assert!(matches!(found, Err(PasteError::Link(_))), "{behind}: {found:?}");
    }
    // The check bits say where a code ends, but not what a group too many is for.
    assert_reads(
        &format!("conclave://relay.example/#{CODE}\u{2014}see you"),
        &format!("conclave://relay.example/#{CODE}"),
    );
    let doubled = read(&format!("conclave://relay.example/#26Q3J-{CODE}"));
    assert!(matches!(doubled, Err(PasteError::Link(LinkError::Code(CodeError::TooLong)))), "{doubled:?}");
}

/// Who types on without a space: there are no digits in a word, and a code begins with one and ends where its check bits say.
#[test]
fn a_word_directly_beside_a_code_is_none_of_it() {
    let bare = format!("conclave://relay.example/#{CODE}");
    for text in ["26Q3J-41SCA-G5983-JEYHW-1FB1D-VE8YX", "26q3j41scag5983jeyhw1fb1dve8yx"] {
        for (before, behind) in [("", "and then"), ("", "s"), ("is", ""), ("code", "See you"), ("", "and 26 more")] {
            assert_reads(&format!("{before}{text}{behind}"), CODE);
        }
        for behind in ["and then", "See", "and.", "and then ~x"] {
            assert_reads(&format!("conclave://relay.example/#{text}{behind}"), &bare);
        }
        // What has lost its `~` may keep the room safe.
        for behind in ["p", "k", "a", "p~k", "and~p", "k=", "a=other.example", "kAbCdEfGhIjKlMnOpQ-rS", PIN] {
            let link = format!("conclave://relay.example/#{text}{behind}");
            assert!(matches!(read(&link), Err(PasteError::Link(_))), "{behind}");
        }
    }
    let other = Code::from_secret(RoomSecret::from_bytes(&[7; 16]));
    let both = format!("{CODE}{}", *other.expose_text());
    assert!(matches!(read(&both), Err(PasteError::Code(_) | PasteError::Several)), "two of them are not the first one");
    assert!(read(&CODE.replacen('Q', "R", 1).replace("YX", "YXand")).is_err(), "a wrong one stays wrong");
}

#[test]
fn a_line_behind_a_short_link_is_only_more_of_it_where_that_is_certain() {
    let link = |rest: &str| format!("conclave://relay.example/#{CODE}~a={rest}");
    for (address, next) in [
        ("two.example", "www.example.com"),
        ("two.example", "WWW.example.com is the page"),
        ("two.example", "10:31 Bob: ok"),
        ("two.example", "[10:32] Bob: ok"),
        ("192.168.1.5", "10:31:05 Bob"),
        ("192.168.1.5", "or.else"),
        ("192.168.1.5", "192.168.1.7"),
        ("two.example", "192.168.1.7"),
        // No program breaks a line where the next one is longer.
        ("two.example", &format!("{}.example", "a".repeat(70))),
    ] {
        assert_reads(&format!("{}\n{next}", link(address)), &link(address));
    }
    for (address, next) in [
        ("two.exa", "mple:4433"),
        ("192.168.1", ".5:4433"),
        ("two.exa", "mple.org~a=three.example"),
        ("two.example:44", "33"),
        ("192.168.1.1", "0:4433"),
    ] {
        assert_reads(&format!("{}\n{next} See you", link(address)), &link(&format!("{address}{next}")));
    }
    // The end of one name or another one?
    for next in ["three.example", "three.example:4433", "mple.org"] {
        for text in [format!("{}\n{next}", link("two.exa")), format!("conclave://two.exa\n{next}/#{CODE}")] {
            let found = read(&text).map(|found| shown(&found));
            assert_eq!(found, Err(PasteError::Link(LinkError::Broken)), "{text}");
        }
    }
    // It was broken before, into two lines that are full, or where the second one has space for more.
    let begun = link("two.example~a=three.exam");
    for (width, is_more) in [(44, true), (50, false)] {
        let text = format!("{}\nple.org", wrapped(&begun, width, "\n"));
        assert_reads(&text, &if is_more { format!("{begun}ple.org") } else { begun.clone() });
    }
}

#[test]
fn an_invitation_out_of_json_or_a_program_is_read() {
    for form in forms() {
        for text in [
            format!(r#"{{"text":"Come in:\n{form}\nThanks."}}"#),
            format!(r#"{{"text":"{}\r\n","next":1}}"#, form.replace('/', r"\/")),
            format!(
                r#"{{"text":"\t{}\u2026"}}"#,
                form.replace('=', r"\u003D").replace('~', r"\u007e").replace('#', r"\u0023")
            ),
            format!(r#""{{\"text\":\"\\n{}\\n\"}}""#, form.replace('/', r"\\/")),
            format!(r#""\ud83d\ude00{}\x3ca\u{{3e}}""#, form.replace('=', r"\x3D").replace('~', r"\u{7e}")),
        ] {
            assert_reads(&text, &form);
        }
    }
    assert_reads(&words().replace(' ', r"\n"), CODE);
}

/// Typographic programs write `--` as one dash, and a hyphen as one that does not break a line.
#[test]
fn a_dash_in_a_pin_is_as_many_hyphens_as_its_length_says() {
    let link = |pin: &str| format!("conclave://relay.example/#{CODE}~k={pin}~a=[2001:db8::1]");
    let (one, two) = ("AbCdEfGhIjKlMnOpQrStUvWxYz0123456789-_AbCdE", "AbCdEfGhIjKlMnOpQrStUvWxYz01234567--_-AbCdE");
    for dash in ["\u{2010}", "\u{2011}", "\u{2212}", "\u{2013}", "\u{2014}"] {
        assert_reads(&link(&one.replace('-', dash)), &link(one));
    }
    for dash in ["\u{2013}", "\u{2014}"] {
        let pin = two.replace("--", dash);
        assert_reads(&link(&pin), &link(two));
        assert_reads(&link(&pin).replace(dash, if dash == "\u{2013}" { "&ndash;" } else { "%E2%80%94" }), &link(two));
        let expected = RelayAddress::parse(&format!("relay.example~k={two}"));
        assert!(expected.is_ok());
        assert_eq!(RelayAddress::parse(&format!("relay.example~k={pin}")), expected);
        // One of both was two, but which?
        let unknown = link("AbCdEfGhIjKlMnOpQrStUvWxYz01234567--_-AbC-E")
            .replace("--", dash)
            .replace("C-E", &format!("C{dash}E"));
        assert_eq!(read(&unknown).map(|found| shown(&found)), Err(PasteError::Link(LinkError::Pin)), "{unknown}");
    }
}

/// Many programs that make links of a text end them before a `~`, and what is read is the source of a page.
#[test]
fn a_link_that_a_program_made_too_short_is_whole_or_called_cut() {
    let bare = format!("conclave://192.168.1.5:4433/#{CODE}");
    for parts in ["~p".to_owned(), format!("~k={PIN}"), format!("~p~k={PIN}~a=relay.example:4433")] {
        let whole = format!("{bare}{parts}");
        for text in [
            format!("<a href=\"{bare}\">{whole}</a>"),
            format!("<a href=\"{whole}\">{bare}</a>"),
            format!("<a href=\"{bare}\">{bare}</a>{parts}"),
            format!("<p><a href='{bare}' rel='nofollow'>{bare}</a><span class=\"x\">{parts}</span></p>"),
            format!("[{bare}]({bare}){parts}"),
            format!("<{bare}|{bare}>{parts}"),
            whole.replace("26Q3J-", "26Q3J-<wbr>").replace("AbCdEf", "AbC<wbr/>dEf"),
            whole.replace('~', "<wbr>~"),
        ] {
            assert_reads(&text, &whole);
            assert_reads(&text.replace('<', "&lt;").replace('>', "&gt;"), &whole);
        }
    }
    let parts = format!("~p~k={PIN}");
    for text in [
        format!("{bare} (open) {parts}"),
        format!("{bare} (open)\n{parts}"),
        format!("{bare}?utm_source=mail ~p"),
        format!("<a href=\"conclave://192.168.1.5:4433/\">conclave://192.168.1.5:4433/</a>#{CODE}{parts}"),
        format!("#{CODE}~p"),
    ] {
        assert_eq!(read(&text).map(|found| shown(&found)), Err(PasteError::Link(LinkError::Cut)), "{text}");
    }
    // Which way is right is another question.
    for text in [format!("{bare}~p and {bare}~k={PIN}"), format!("{bare}~a=one.example and {bare}~a=two.example")] {
        assert_eq!(read(&text).map(|found| shown(&found)), Err(PasteError::Several), "{text}");
    }
    assert_reads(&format!("{bare} bye ~p"), &bare);
}

/// The code stands behind `#`, which no program has to pass on.
#[test]
fn a_link_that_lost_its_end_is_called_that_and_a_page_is_no_relay() {
    let cut = Err(PasteError::Link(LinkError::NoCode));
    for text in [
        "https://nam02.safelinks.protection.outlook.com/?url=https%3A%2F%2Frelay.example%2F&data=05%7C02%7Cann&reserved=0",
        "https://urldefense.com/v3/__https://relay.example/__;!!A!q$",
        "https://www.google.com/url?q=conclave://relay.example/&sa=D",
        "https://t.example/x7Qz",
        "conclave://relay.example/?utm_source=mail",
    ] {
        assert_eq!(read(text).map(|found| shown(&found)), cut, "{text}");
    }
    // The place stands in a parameter without a scheme: it would be another relay.
    for text in ["https://away.example/?to=relay.example", "https://away.example/url?q=x", "https://away.example/?a@b"]
    {
        let found = read(&format!("{text}#{CODE}"));
        assert!(matches!(found, Err(PasteError::Link(LinkError::Address))), "{text}: {found:?}");
    }
}

#[test]
fn the_address_of_a_relay_is_cleaned_like_everything_else() {
    let place: Authority = "relay.example:4433".parse().unwrap();
    let pin = parse_pin(PIN);
    for text in [
        "relay.example:4433",
        " \u{201e}relay.example:4433\u{201c}. ",
        "\u{feff}relay\u{200b}.example:4433\n",
        "wss://relay.example:4433/",
        "<HTTPS://Relay.Example:4433/>",
        "ws://relay.example:4433",
        "https%3A%2F%2Frelay.example%3A4433",
        "\u{ff52}elay.example:4433",
    ] {
        assert_eq!(RelayAddress::parse(text), Ok(RelayAddress { authority: place.clone(), pin: None }), "{text:?}");
        let text = format!("{}~k={PIN}.", text.trim_end_matches(|c: char| !c.is_ascii_digit()));
        assert_eq!(RelayAddress::parse(&text), Ok(RelayAddress { authority: place.clone(), pin }), "{text:?}");
    }
    let (head, tail) = PIN.split_at(20);
    let broken = format!("wss://relay.example:4433/~k={head}\n> {tail}");
    assert_eq!(RelayAddress::parse(&broken), Ok(RelayAddress { authority: place, pin }));
    assert!(RelayAddress::parse("[2001:db8::1]").is_ok() && RelayAddress::parse("(192.168.1.5)").is_ok());
    assert_eq!(RelayAddress::parse(&" ".repeat(MAX_TEXT + 1)), Err(LinkError::TooLong), "as an invitation");
    for text in ["", "relay example", "relay.example/rooms", "ftp://relay.example", "relay.example~k=", &link()] {
        assert!(RelayAddress::parse(text).is_err(), "{text:?}");
    }
}

#[track_caller]
fn beside(text: &str) -> Option<RelayAddress> {
    match read(text) {
        Ok(Pasted::Code { code, beside }) if *code.expose_text() == CODE => beside,
        found => panic!("{text:?}: {:?}", found.map(|found| shown(&found))),
    }
}

/// The screen that hands over a code says where the room is below it, and both are copied together.
#[test]
fn an_address_beside_a_code_is_offered() {
    let host = || RelayAddress::parse("192.168.1.5:4433").unwrap();
    let pinned = || RelayAddress { pin: parse_pin(PIN), ..host() };
    let named = || RelayAddress::parse("relay.example").unwrap();
    let (words, (head, tail)) = (words(), PIN.split_at(20));
    for (text, expected) in [
        (format!("{CODE}\n192.168.1.5:4433"), host()),
        (format!("192.168.1.5:4433\n{}", *words), host()),
        (format!("Where: 192.168.1.5:4433, the code: {CODE}."), host()),
        (format!("{CODE} (wss://192.168.1.5:4433/)"), host()),
        (format!("{CODE} http://192.168.1.5:4433"), host()),
        (format!("{CODE}\n192.168.1.5:4433~k={PIN}"), pinned()),
        (format!("{CODE}\nwss://192.168.1.5:4433/~k={PIN}."), pinned()),
        (format!("> 192.168.1.5:4433~k={head}\n> {tail}\n> {CODE}"), pinned()),
        (format!("192.168.1.5:4433 192.168.1.5:4433~k={PIN} {CODE}"), pinned()),
        (format!("192.168.1.5:4433~k={PIN} [2001:db8::1]:4433~k={PIN} {CODE}"), pinned()),
        (format!("Code {CODE} at Relay.Example. Come at 18:30 or 20.30, room:204, and ask ann@mail.example!"), named()),
        // What has a port was written for a program.
        (format!("See news.example: the code is {CODE}, the place 192.168.1.5:4433"), host()),
    ] {
        assert_eq!(beside(&text), Some(expected), "{text:?}");
    }
    for none in
        ["", "at 18:30", "on 29.11.2026", "in room:204", "e.g. now", "a.example or b.example", "[::1]:1 [::1]:2"]
    {
        assert_eq!(beside(&format!("{CODE} {none}")), None, "{none:?}");
    }
}

/// A code beside what was a link has lost its address and the relay's key; a pin alone, or two of them, say which of both it was.
#[test]
fn the_rest_of_a_link_is_no_address_beside_a_code() {
    let cut = Err(PasteError::Link(LinkError::Cut));
    for rest in
        [format!("~k={PIN}"), format!("~p~k={PIN}"), "~a=relay.example:4433".to_owned(), format!("{CODE}~k={PIN}")]
    {
        for text in [format!("{CODE} {rest}"), format!("relay.example:4433 {CODE} {rest}")] {
            assert_eq!(read(&text).map(|found| shown(&found)), cut, "{text}");
        }
    }
    let short = PIN.get(1..).unwrap();
    assert_eq!(read(&format!("{CODE} relay.example~k={short}")).map(|found| shown(&found)), cut, "a damaged pin");
    let two = format!("{CODE} relay.example~k={PIN} relay.example~k={}", PIN.replace('A', "B"));
    assert_eq!(read(&two).map(|found| shown(&found)), Err(PasteError::Several), "different relays");
}

fn parse_pin(pin: &str) -> Option<[u8; 32]> {
    BASE64URL_NOPAD.decode(pin.as_bytes()).ok()?.try_into().ok()
}

/// Each layer that is undone costs a pass, so there is an end to it.
#[test]
fn wrappers_in_wrappers_are_undone_up_to_a_bound() {
    let wrap = |text: String, _| format!("https://away.example/?u={}&x=1", Way::Percent.take(&text));
    let bare = format!("conclave://relay.example/#{CODE}");
    assert_reads(&(0..3).fold(bare.clone(), wrap), &bare);
    assert!(read(&(0..40).fold(bare, wrap)).is_err());
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
    // Of a host's link, whose last part is an address: a line as long as it was not broken by any program.
    let hosted = format!("{bare}~k={PIN}~a=192.168.77.2:4433");
    for behind in [
        "\n-- \nAnn",
        "\n\nP.S. Bring cake",
        "\n10:30 at mine",
        "\n5 people are coming",
        "\n\n1. install",
        "\nwww.example.org",
    ] {
        let text = format!("{hosted}{behind}");
        assert_eq!(read(&text).map(|found| shown(&found)), read(&hosted).map(|found| shown(&found)), "{behind:?}");
    }
    // What keeps the room safe is not cut off in silence.
    for cut in ["&utm=1~p", "/~p", "?a=b~k=", "&x~a=evil.example"] {
        assert!(read(&format!("{bare}{cut}")).is_err(), "{cut}");
    }
    let broken = format!("{bare}\r\n~p");
    assert!(
        matches!(read(&broken), Ok(Pasted::Link(Invitation { needs_passphrase: true, .. }))),
        "its own next line is"
    );
    // The page of a site and a code below it do not make the site a relay.
    let page = "Site: https://127.0.0.1:9\n#26Q3J-41SCA-G5983-JEYHW-1FB1D-VE8YX";
    assert!(matches!(read(page), Ok(Pasted::Code { .. })), "{:?}", read(page));
}

/// However long a text is made, it is read in less than it takes to write it: a window waits for that.
#[test]
fn no_text_costs_more_than_its_length() {
    let texts = [
        "2 ",
        "x://",
        "]",
        "/# ",
        "act ",
        "%25",
        "=3D 2 ",
        "~a ",
        "\u{fdfa}",
        "conclave://",
        "&amp;",
        "https://a/#[",
        "urldefense",
        "urldefense.com/v3/__",
        "urldefense.com/v3/__*__;Iw!",
        "conclave://a/#2[",
        "<b>",
        "<b ",
        "\\u{",
        "\\u0",
        "~k=\u{2014}",
        "conclave://a/#2~a=[::1]:1.",
        "conclave://a/#~p ~p~ ",
    ];
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
        // What a label shows is another room than the link behind it.
        format!("[relay.example/#{CODE}](conclave://elsewhere.example/#{})", *other.expose_text()),
        format!("http://relay.example/#{CODE} and the code {}", *other.expose_text()),
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
    Page,
    Json,
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
            Self::Json => {
                let text = text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n").replace('\r', "\\r");
                format!("{{\"text\":\"{}\"}}", text.replace('/', "\\/").replace('=', "\\u003d").replace('<', "\\u003c"))
            }
            Self::Page => format!("<p>{}</p>", text.replace('&', "&amp;").replace('#', "&#35;").replace('>', "&gt;")),
        }
    }
}

/// What happens to a link on its way: another link comes of it.
#[derive(Clone, Copy, Debug)]
enum Wrapper {
    Parameter,
    Defence2,
    Defence3,
    Tracked,
    TrackedBehind,
}

impl Wrapper {
    fn take(self, link: &str) -> String {
        let encoded = |link: &str| -> String {
            let escape = |byte: u8| match byte {
                b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => char::from(byte).to_string(),
                _ => format!("%{byte:02X}"),
            };
            link.bytes().map(escape).collect()
        };
        match self {
            Self::Parameter => {
                format!("https://nam02.safelinks.example/?url={}&data=05%7C02&reserved=0", encoded(link))
            }
            Self::Defence2 => {
                let link = encoded(link).replace('-', "%2D").replace('_', "%5F").replace("%2F", "_").replace('%', "-");
                format!("https://urldefense.proofpoint.com/v2/url?u={link}&d=DwMFaQ&e=")
            }
            // These are not written again.
            Self::Defence3 if link.contains("/v3/__") => link.to_owned(),
            Self::Defence3 => {
                let taken: String = link.chars().filter(|c| "#*~".contains(*c)).collect();
                let taken = BASE64URL_NOPAD.encode(taken.as_bytes());
                let link = link.replace(['#', '~'], "*").replace("**", "*A").replace("*A", "**A");
                format!("https://urldefense.com/v3/__{link}__;{taken}!!A-b_c!q3J$")
            }
            Self::Tracked => match link.split_once('#') {
                Some((place, secret)) if !place.contains('?') => format!("{place}?utm_source=a.example&x=1#{secret}"),
                _ => Self::TrackedBehind.take(link),
            },
            Self::TrackedBehind => format!("{link}{}fbclid=IwAR0-_q", if link.contains('?') { '&' } else { '?' }),
        }
    }
}

/// What is written around a link to give it a name.
#[derive(Clone, Copy, Debug)]
enum Label {
    Slack,
    Markdown,
    Board,
    Escaped,
}

impl Label {
    fn take(self, link: &str) -> String {
        match self {
            Self::Slack => format!("<{link}|{link}>"),
            Self::Markdown => format!("[{link}]({link})"),
            Self::Board => format!("[url={link}]{link}[/url]"),
            Self::Escaped => link.replace('-', "\\-").replace('_', "\\_").replace('#', "\\#").replace('*', "\\*"),
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
        Just(Twice),
        Just(Page),
        Just(Json)
    ];
    prop::collection::vec(one, 0..5)
}

fn wrappers() -> impl Strategy<Value = (Vec<Wrapper>, Option<Label>)> {
    use {Label::*, Wrapper::*};
    let one = prop_oneof![Just(Parameter), Just(Defence2), Just(Defence3), Just(Tracked), Just(TrackedBehind)];
    let label = prop_oneof![Just(Slack), Just(Markdown), Just(Board), Just(Escaped)];
    (prop::collection::vec(one, 0..=3), prop::option::of(label))
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
        let addresses = ports.iter().map(|port| Authority::host("relay.example", *port).unwrap()).collect();
        let code = Code::from_secret(RoomSecret::from_bytes(&secret));
        let link = Invitation { addresses, code, pin, needs_passphrase }.expose_link().unwrap();
        let (first, last) = (width.map(Way::Wrapped), mailed.then_some(Way::QuotedPrintable));
        let text = first.iter().chain(&ways).chain(&last).fold((*link).clone(), |text, way| way.take(&text));
        prop_assert_eq!(read(&text).map(|found| shown(&found)), Ok((*link).clone()), "{}", text);
    }

    #[test]
    fn a_link_in_links_reads_as_the_one_that_was_sent(
        secret: [u8; 16], pin: Option<[u8; 32]>, needs_passphrase: bool, (wrappers, label) in wrappers(),
        ways in ways(), landing: bool,
    ) {
        let addresses = vec!["relay.example:4433".parse().unwrap(), "[2001:db8::1]".parse().unwrap()];
        let code = Code::from_secret(RoomSecret::from_bytes(&secret));
        let link = Invitation { addresses, code, pin, needs_passphrase }.expose_link().unwrap();
        let sent = if landing { link.replace(SCHEME, LANDING) } else { (*link).clone() };
        let text = wrappers.iter().fold(sent, |text, wrapper| wrapper.take(&text));
        let text = label.iter().fold(text, |text, label| label.take(&text));
        let text = ways.iter().take(2).fold(text, |text, way| way.take(&text));
        prop_assert_eq!(read(&text).map(|found| shown(&found)), Ok((*link).clone()), "{}", text);
    }

    #[test]
    fn a_wrong_symbol_is_wrong_within_links_too(
        (wrappers, label) in wrappers(), places in prop::collection::btree_set(0..30_usize, 1..=2), by in 1..32_usize,
    ) {
        const SYMBOLS: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
        let mut symbols = CODE.replace('-', "").into_bytes();
        for place in &places {
            let value = SYMBOLS.iter().position(|symbol| *symbol == symbols[*place]).unwrap();
            symbols[*place] = SYMBOLS[value.wrapping_add(by) % 32];
        }
        let sent = format!("https://relay.example/#{}", String::from_utf8(symbols).unwrap());
        // Two wrong symbols may be another code by chance, which no wrapper can know.
        prop_assume!(Invitation::parse(&sent).is_err());
        let text = wrappers.iter().fold(sent, |text, wrapper| wrapper.take(&text));
        let text = label.iter().fold(text, |text, label| label.take(&text));
        prop_assert!(read(&text).is_err(), "{}", text);
    }

    #[test]
    fn no_other_text_reads_as_an_invitation(text: String, sentence in "([a-z0-9]{1,8}[ ,.\\-\n]){1,60}") {
        prop_assert!(read(&text).is_err());
        prop_assert!(read(&sentence).is_err());
        let link = format!("conclave://relay.example/#{text}");
        prop_assert!(read(&link).is_err());
        let (wrapped, defended) = (Wrapper::Parameter.take(&link), Wrapper::Defence3.take(&link));
        prop_assert!(read(&wrapped).is_err() && read(&defended).is_err());
    }
}
