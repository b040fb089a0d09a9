-- What a client of version 6 kept in the index of a vault.
INSERT INTO setting (name, value) VALUES
    ('closed', 'no'),
    ('last-address', 'relay.example.org');
INSERT INTO room (handle, file_key, created_at) VALUES
    (x'a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1', x'f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1',
        1800000000),
    (x'a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2', x'f2f2f2f2f2f2f2f2f2f2f2f2f2f2f2f2f2f2f2f2f2f2f2f2f2f2f2f2f2f2f2f2',
        1800000001);
INSERT INTO hosted_room (handle, port, tls_key, relay_key, running) VALUES
    (x'a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1', 7443, x'0102',
        x'f3f3f3f3f3f3f3f3f3f3f3f3f3f3f3f3f3f3f3f3f3f3f3f3f3f3f3f3f3f3f3f3', 1);
INSERT INTO removed (handle) VALUES
    (x'a3a3a3a3a3a3a3a3a3a3a3a3a3a3a3a3');
INSERT INTO found (name, found_at, open_for) VALUES
    ('a4a4a4a4a4a4a4a4a4a4a4a4a4a4a4a4.db', 1800000000, 60);
UPDATE run SET open_for = 3600;
INSERT INTO opening (handle, mark) VALUES
    (x'a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1', x'e1e1e1e1e1e1e1e1e1e1e1e1e1e1e1e1'),
    (x'a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1', x'e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2');
INSERT INTO suspect (handle, known) VALUES
    (x'a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1', 1),
    (x'a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2', 0);
INSERT INTO leaving (handle) VALUES
    (x'a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2');
INSERT INTO ended (handle, title, ending) VALUES
    (x'a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5', 'Press desk', 1);
