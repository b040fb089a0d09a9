//! What others wrote, as it is shown: what steers, turns around or hides does not pass, and a family is a name.

use conclave_engine::{
    api::{HostRoom, NewRules, OfRoom, PreviewRoom, SecretText},
    snapshot::ItemBody,
};

use conclave_testkit::app::App;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn titles_notes_names_and_messages_are_judged_before_they_are_shown() {
    let (alice, bob) = (App::new().await, App::new().await);
    let family = "\u{1f468}\u{200d}\u{1f469}\u{200d}\u{1f467}";
    let room = alice
        .engine
        .host_room(HostRoom {
            title: "Press\ndesk\u{200b}\u{202e}".to_owned(),
            note: "Welcome.\r\n\u{1b}]0;x\u{7}Gloves!".to_owned(),
            nick: family.to_owned(),
            rules: NewRules { message_ttl: 3600, ..NewRules::default() },
            passphrase: None,
            in_memory: false,
        })
        .await
        .unwrap();
    alice.until(&room, "online", async |alice| alice.is_online(&room).await).await;
    let invitation = SecretText::new(alice.link(&room).await);
    let seen = bob.engine.preview_room(PreviewRoom { invitation, address: None }).await.unwrap().open().unwrap();
    assert_eq!(seen.title, "Press desk\\u{202e}", "at the door");
    assert_eq!(seen.note, "Welcome.\n\\u{1b}]0;x\\u{7}Gloves!");
    assert_eq!(seen.people, [family]);

    alice.say(&room, "Hello\u{feff}\u{202e}.").await;
    let view = alice.engine.view_room(OfRoom { room: room.clone() }).await.unwrap();
    assert_eq!((view.summary.title, view.note), (seen.title, seen.note), "and inside");
    assert_eq!(view.summary.last_line.unwrap().text, "Hello\\u{202e}.");
    let request = conclave_engine::api::PageMessages { room, before: None, limit: 9 };
    let page = alice.engine.page_messages(request).await.unwrap();
    let is_judged = |body: &ItemBody| matches!(body, ItemBody::Text { text, .. } if text == "Hello\\u{202e}.");
    assert!(page.items.iter().any(|item| is_judged(&item.body)));
}
