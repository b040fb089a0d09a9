-- What a client of version 40 kept in a room's file.
INSERT INTO secret (name, value) VALUES
    ('room-keys', x'1111111111111111111111111111111111111111111111111111111111111111'),
    ('leaf-key', x'1212121212121212121212121212121212121212121212121212121212121212');
INSERT INTO group_state (place, key, value) VALUES
    (1, x'01', x'c1'),
    (2, x'01', x'c2');
INSERT INTO record (only, room_id, authority, addresses, pin, nick, phase, seat, cursor, head, own_n, own_prev,
    owner_counter, params_rev, locked, committed_at, sent_since, next_position, read_item, unopened, joined_seq, title,
    commit_seq, pin_first_used_at, old_copy, cursor_mark, reads_again_to, cursor_at, old_copy_known, echo_after,
    ending, active_at, has_removed) VALUES
    (1, x'0101010101010101010101010101010101010101010101010101010101010101', 'relay.example.org',
        'relay.example.org' || char(10) || '192.0.2.1:7443',
        x'0202020202020202020202020202020202020202020202020202020202020202', 'Alice', 4,
        x'03030303030303030303030303030303', 9, x'04040404040404040404040404040404', 5, x'0606060606060606', 7, 8, 1,
        1799999500, 2, 6, 12, 1, 3, 'Press desk', 7, '192.0.2.1:7443', x'09090909090909090909090909090909',
        x'0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a', 11, 1800000450, 1, 15, 4,
        1800000440, 1);
INSERT INTO member (member_id, leaf_key, n, prev, removed, missed, missed_hashes) VALUES
    (x'b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0', x'bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb', 9,
        x'0707070707070707', 0, x'00000000000000030000000000000005', x'010808080808080808000000000000000000'),
    (x'cacacacacacacacacacacacacacacaca', x'cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc', 4,
        x'0808080808080808', 1, x'', x'');
INSERT INTO pending (only, kind, cid, head, base, tag, blob, group_info, member_key, place) VALUES
    (1, 3, x'41414141414141414141414141414141', x'04040404040404040404040404040404',
        x'42424242424242424242424242424242', x'43434343434343434343434343434343', x'44', x'45',
        x'4747474747474747474747474747474747474747474747474747474747474747', x'46');
INSERT INTO intent (kind, since, due_at) VALUES
    (1, 1800000400, 1800000700);
INSERT INTO former_name (member_id, nick, expires_at) VALUES
    (x'cacacacacacacacacacacacacacacaca', 'Carol', 1800005000);
INSERT INTO base (position, tag, seq, epoch, on_branch, named_at) VALUES
    (1, x'61616161616161616161616161616161', 3, 1, 0, 1800000050),
    (2, x'04040404040404040404040404040404', 7, 2, 1, 0);
INSERT INTO branch (signer, member, seq, tag, place) VALUES
    (x'7171717171717171717171717171717171717171717171717171717171717171', 1, 8, x'72727272727272727272727272727272',
        x'73');
INSERT INTO named_fork (seq, tag, fork) VALUES
    (8, x'72727272727272727272727272727272', x'61616161616161616161616161616161');
INSERT INTO audience (base, leaf_keys) VALUES
    (x'04040404040404040404040404040404', x'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa');
INSERT INTO item (id, position, n, mid, kind, sender, nick, own, body, note, at, claimed_at,
    expires_at, state) VALUES
    (11, 1, 0, NULL, 3, NULL, '', 0, '', x'8203a10063426f62', 1800000100, NULL, 1800086500, 1),
    (12, 2, 1, x'21212121212121212121212121212121', 1, x'b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0', 'Bob', 0, 'Is it there?',
        NULL, 1800000200, 1800000090, 1800086600, 1),
    (13, 3, 0, x'22222222222222222222222222222222', 1, NULL, 'Alice', 1, 'Under the stone.', NULL, 1800000300, NULL,
        1800086700, 1),
    (14, 4, 2, x'23232323232323232323232323232323', 2, x'b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0', 'Bob', 0, '', NULL,
        1800000350, NULL, NULL, 1),
    (15, 4611686018427387919, 0, x'24242424242424242424242424242424', 1, NULL, 'Alice', 1, 'Found it?', NULL,
        1800000400, NULL, NULL, 2);
INSERT INTO outbox (id, item, mid, draft, message, cid, envelope, digest, base, stored_seq, kept_until,
    replaces, published, audience, written_at, other_leaf) VALUES
    (3, 13, x'22222222222222222222222222222222', x'a2000105a10070556e646572207468652073746f6e652e',
        x'313131313131313131', x'32323232323232323232323232323232', NULL,
        x'3333333333333333333333333333333333333333333333333333333333333333', NULL, 8, 1800086700, NULL, 0,
        x'04040404040404040404040404040404', 1800000300, 0),
    (4, 15, x'24242424242424242424242424242424', x'a2000105a10069466f756e642069743f', x'343434343434343434',
        x'35353535353535353535353535353535',
        x'36363636363636363636363636363636363636363636363636363636363636363636363636363636',
        x'3737373737373737373737373737373737373737373737373737373737373737', x'04040404040404040404040404040404', NULL,
        NULL, NULL, 0, x'04040404040404040404040404040404', 1800000400, 1),
    (5, NULL, x'25252525252525252525252525252525',
        x'a2000705a200582000000000000000000000000000000000000000000000000000000000000000000100',
        NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 0, NULL, NULL, 0);
INSERT INTO seen (mid, sender, expires_at, known_at) VALUES
    (x'26262626262626262626262626262626', x'cacacacacacacacacacacacacacacaca', 1800009000, 1800000250);
INSERT INTO leaf_link (member_id, person) VALUES
    (x'cacacacacacacacacacacacacacacaca', x'cacacacacacacacacacacacacacacaca'),
    (x'dadadadadadadadadadadadadadadada', x'cacacacacacacacacacacacacacacaca');
INSERT INTO clock (only, seen_at, owed, owed_since_item, owed_since_outgoing) VALUES
    (1, 1800000450, 3600, 14, 4);
INSERT INTO heard (member_id, hour) VALUES
    (x'b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0', 1800000000);
INSERT INTO given_up (name) VALUES
    (x'81818181818181818181818181818181');
INSERT INTO owner_order (id, kind, subject, counter, statement, sig) VALUES
    (1, 2, NULL, 8, x'91',
        x'92929292929292929292929292929292929292929292929292929292929292929292929292929292929292929292929292929292929292929292929292929292'),
    (2, 4, x'b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0', NULL, NULL, NULL);
UPDATE item SET message_id = x'51515151515151515151515151515151' WHERE id = 12;
UPDATE item SET message_id = x'52525252525252525252525252525252' WHERE id = 13;
UPDATE outbox SET fuse = 600, del_token = x'53535353535353535353535353535353' WHERE id = 4;
INSERT INTO relay_copy (item, seq, del_token) VALUES
    (13, 8, x'54545454545454545454545454545454');
INSERT INTO deletion (id, seq, blob_id, del_token) VALUES
    (1, 5, NULL, x'55555555555555555555555555555555'),
    (2, NULL, x'56565656565656565656565656565656', x'57575757575757575757575757575757');
INSERT INTO retracted (message_id, sender, expires_at) VALUES
    (x'58585858585858585858585858585858', x'b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0', 1800090000);
INSERT INTO item (id, position, n, mid, message_id, kind, sender, nick, own, body, note, at, claimed_at,
    expires_at, state) VALUES
    (16, 4611686018427387920, 0, NULL, x'59595959595959595959595959595959', 4, NULL, 'Alice', 1, '', NULL,
        1800000410, NULL, NULL, 2);
INSERT INTO card (item, seconds, fuse, state, size, digest, blob_id, del_token, key, closes_at) VALUES
    (16, 30, 600, 1, 12, x'5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a',
        x'5b5b5b5b5b5b5b5b5b5b5b5b5b5b5b5b', x'5c5c5c5c5c5c5c5c5c5c5c5c5c5c5c5c',
        x'5d5d5d5d5d5d5d5d5d5d5d5d5d5d5d5d5d5d5d5d5d5d5d5d5d5d5d5d5d5d5d5d', NULL);
INSERT INTO recipient (item, member, confirmed) VALUES
    (13, x'b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0', 2);
UPDATE record SET delivered_item = 14, viewed_item = 12;
INSERT INTO upload_part (item, start, bytes) VALUES
    (16, 0, x'5e5e5e');
UPDATE record SET erase_mid = x'5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f', erase_asked = x'b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0',
    erase_asked_as = 'Bob';
INSERT INTO locked_in (member_id) VALUES
    (x'cacacacacacacacacacacacacacacaca');
INSERT INTO own_knock (only, note, token, state, key_package, owner, blob, ends_at, admission) VALUES
    (1, 'It is Alice.', x'a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1', 1, x'a2',
        x'a3a3a3a3a3a3a3a3a3a3a3a3a3a3a3a3a3a3a3a3a3a3a3a3a3a3a3a3a3a3a3a3', x'a4', 1800001000, x'a5');
INSERT INTO knock (id, member, blob, key_package, note, tag, place, welcome, reply, ends_at) VALUES
    (x'a6a6a6a6a6a6a6a6a6a6a6a6a6a6a6a6', x'b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0', x'a7', x'a8', 'It is Bob.',
        x'a9a9a9a9a9a9a9a9a9a9a9a9a9a9a9a9', x'aa', x'ab', NULL, 1800001100),
    (x'acacacacacacacacacacacacacacacac', x'cacacacacacacacacacacacacacacaca', x'ad', x'ae', '',
        NULL, NULL, NULL, x'af', 1800001200);
INSERT INTO knock_token (token, ends_at) VALUES
    (x'9a9a9a9a9a9a9a9a9a9a9a9a9a9a9a9a', 1800001300);
INSERT INTO item (id, position, n, mid, message_id, kind, sender, nick, own, body, note, at, claimed_at,
    expires_at, state) VALUES
    (17, 30, 6, x'60606060606060606060606060606060', x'61616161616161616161616161616161', 6,
        x'b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0', 'Bob', 0, '', NULL, 1800000420, NULL, 1800090000, 1);
INSERT INTO move (item, link, passphrase) VALUES
    (17, 'conclave://relay.example.org/#code', x'6262626262626262626262626262626262626262626262626262626262626262');
UPDATE record SET moved = 1, predecessor = x'63636363636363636363636363636363', door_counter = 6, moved_until = 1800090000;
INSERT INTO move_reader (leaf_key) VALUES (x'bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb');
UPDATE owner_order SET epoch = 2 WHERE id = 1;
