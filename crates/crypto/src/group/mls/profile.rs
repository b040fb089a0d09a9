//! The MLS profile of a room (protocol 4.5): one suite, one credential type, one extension, nothing to negotiate.

use conclave_proto::params::{self, Params};
use openmls::{
    extensions::{Extension, ExtensionType, Extensions, RequiredCapabilitiesExtension, UnknownExtension},
    group::{
        GroupContext, MlsGroupCreateConfig, MlsGroupJoinConfig, PURE_CIPHERTEXT_WIRE_FORMAT_POLICY,
        PastEpochDeletionPolicy,
    },
    key_packages::KeyPackage,
    prelude::{Capabilities, CredentialType, Lifetime, ProtocolVersion, SenderRatchetConfiguration},
};
use openmls_traits::types::Ciphersuite;

/// X-Wing, AES-256-GCM, SHA-384, Ed25519: hybrid post-quantum keys with the signature and cipher used everywhere else.
pub(super) const SUITE: Ciphersuite = Ciphersuite::MLS_128_MLKEM768X25519_AES256GCM_SHA384_Ed25519;

pub(super) const VERSION: ProtocolVersion = ProtocolVersion::Mls10;

/// The extension that holds the room's parameters.
pub(super) const PARAMS: ExtensionType = ExtensionType::Unknown(params::EXTENSION_TYPE);

/// Messages that may arrive out of order before an older one is given up.
const OUT_OF_ORDER: u32 = 64;

/// Messages of one sender that may be missing before the rest of its epoch is lost.
const FORWARD: u32 = 4096;

/// What every leaf declares. OpenMLS's own default knows other suites, so this is always set.
pub(super) fn capabilities() -> Capabilities {
    Capabilities::new(Some(&[VERSION]), Some(&[SUITE]), Some(&[PARAMS]), Some(&[]), Some(&[CredentialType::Basic]))
}

/// The group context: the parameters, and that every leaf must know them.
pub(super) fn context(params: &Params) -> Option<Extensions<GroupContext>> {
    Extensions::from_vec(vec![
        required(),
        Extension::Unknown(params::EXTENSION_TYPE, UnknownExtension(params.as_bytes().to_vec())),
    ])
    .ok()
}

/// The raw parameters of a group context.
pub(super) fn params_of(context: &Extensions<GroupContext>) -> Option<&[u8]> {
    context.unknown(params::EXTENSION_TYPE).map(|extension| extension.0.as_slice())
}

/// Whether a group context holds anything besides the parameters and [`required`] (rule V7).
pub(super) fn is_foreign(context: &Extensions<GroupContext>) -> bool {
    let known = |extension: &Extension| *extension == required() || extension.extension_type() == PARAMS;
    !(context.iter().all(known) && context.iter().count() == 2)
}

/// The lifetime of a KeyPackage.
pub(super) fn for_ever() -> Lifetime {
    Lifetime::init(0, u64::MAX)
}

/// Whether no clock decides if a KeyPackage is valid (rule V9): the clocks of members differ, and their verdicts must not.
pub(super) fn lives_for_ever(key_package: &KeyPackage) -> bool {
    *key_package.life_time() == for_ever()
}

fn required() -> Extension {
    Extension::RequiredCapabilities(RequiredCapabilitiesExtension::new(&[PARAMS], &[], &[CredentialType::Basic]))
}

pub(super) fn join_config() -> MlsGroupJoinConfig {
    MlsGroupJoinConfig::builder()
        .wire_format_policy(PURE_CIPHERTEXT_WIRE_FORMAT_POLICY)
        .set_past_epoch_deletion_policy(PastEpochDeletionPolicy::MaxEpochs(0))
        .sender_ratchet_configuration(SenderRatchetConfiguration::new(OUT_OF_ORDER, FORWARD))
        .padding_size(0)
        .use_ratchet_tree_extension(true)
        .build()
}

pub(super) fn create_config(context: Extensions<GroupContext>) -> MlsGroupCreateConfig {
    MlsGroupCreateConfig::builder()
        .ciphersuite(SUITE)
        .wire_format_policy(PURE_CIPHERTEXT_WIRE_FORMAT_POLICY)
        .set_past_epoch_deletion_policy(PastEpochDeletionPolicy::MaxEpochs(0))
        .sender_ratchet_configuration(SenderRatchetConfiguration::new(OUT_OF_ORDER, FORWARD))
        .padding_size(0)
        .use_ratchet_tree_extension(true)
        .capabilities(capabilities())
        // The first leaf lives for no time at all: the creator replaces it at once (rule V9). It takes the place of a lifetime
        // that the library makes of the computer's clock whatever is asked, and that is never looked at.
        .lifetime(Lifetime::init(0, 0))
        .with_group_context_extensions(context)
        .build()
}
