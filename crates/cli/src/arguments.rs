//! What can be said on the command line.

use std::{
    fs::File,
    io::{self, BufReader},
    path::PathBuf,
};

use clap::{Args, Parser, Subcommand, ValueEnum};
use conclave_engine::{
    api::{NewRules, SecretText},
    snapshot::{self, Receipts},
};

use crate::input::first_line;

/// Rooms that lock with a key, in a terminal.
#[derive(Debug, Parser)]
#[command(name = "conclave-cli", version)]
pub(crate) struct Arguments {
    /// What to do.
    #[command(subcommand)]
    pub(crate) command: Command,
    /// Keep rooms in this folder; without it everything is in memory only. To open it takes --passphrase-file.
    #[arg(long, global = true)]
    pub(crate) data: Option<PathBuf>,
    /// A file whose first line opens the data folder. Arguments are visible to other programs, so it is not given here.
    #[arg(long, global = true)]
    pub(crate) passphrase_file: Option<PathBuf>,
    /// A JSON command per line in, a JSON event per line out.
    #[arg(long, global = true)]
    pub(crate) json: bool,
    /// At the end of the input, wait at most this many seconds until the relay has what was written; 0 waits for nothing.
    #[arg(long, global = true, default_value_t = 60)]
    pub(crate) wait: u32,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Host a room on this computer and talk in it.
    Host(NewRoom),
    /// Open a room on a relay elsewhere and talk in it.
    Create {
        /// The relay: host[:port], with ~k=PIN behind it for a relay with a key of its own.
        relay: String,
        /// The pin of the relay's own key, as its operator says it.
        #[arg(long, allow_hyphen_values = true)]
        pin: Option<String>,
        #[command(flatten)]
        new: NewRoom,
    },
    /// Join a room and keep it for later. Waits until its relay has let you in, however long that takes, and says what for.
    Join(Invited),
    /// Join a room and talk in it; one that is kept in the data folder already is opened again.
    Chat(Invited),
    /// Destroy the keys of the data folder, and then its files. Asks nothing, and needs no passphrase.
    Erase,
}

#[derive(Debug, Args)]
pub(crate) struct NewRoom {
    /// The room's title.
    #[arg(long, default_value = "")]
    pub(crate) title: String,
    /// A note to everyone who comes in.
    #[arg(long, default_value = "")]
    pub(crate) note: String,
    /// Your name in the room; a random one if you name none.
    #[arg(long)]
    pub(crate) name: Option<String>,
    /// Seconds after which a message burns: 3600, 86400, 604800 or 2592000.
    #[arg(long, default_value_t = NewRules::default().message_ttl)]
    message_ttl: u32,
    /// Seconds without a message after which the room ends: 3600, 86400, 604800 or 2592000.
    #[arg(long, default_value_t = NewRules::default().idle_ttl)]
    idle_ttl: u32,
    /// How many may be in the room: 16, 64 or 256.
    #[arg(long, default_value_t = NewRules::default().max_members)]
    max_members: u16,
    /// Let the room go on when you leave; nobody can lock or close it then. Not for a room that this computer hosts.
    #[arg(long)]
    outlives_owner: bool,
    /// Send nothing but messages that can be read once.
    #[arg(long)]
    everything_view_once: bool,
    /// What members confirm of messages.
    #[arg(long, value_enum, default_value_t = Confirmed::Nothing)]
    receipts: Confirmed,
    /// Do not have members' apps say that they are connected.
    #[arg(long)]
    no_presence: bool,
    /// Who may erase the room for everybody.
    #[arg(long, value_enum, default_value_t = EraseBy::Owner)]
    erase_by: EraseBy,
    /// A file whose first line joiners need beside the code: at least eight characters.
    #[arg(long)]
    room_passphrase_file: Option<PathBuf>,
}

/// What members confirm of messages.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Confirmed {
    /// Nothing.
    Nothing,
    /// That they came.
    Delivered,
    /// That they came, and that they were seen.
    Seen,
}

impl From<Confirmed> for Receipts {
    fn from(confirmed: Confirmed) -> Self {
        match confirmed {
            Confirmed::Nothing => Self::None,
            Confirmed::Delivered => Self::Delivered,
            Confirmed::Seen => Self::Seen,
        }
    }
}

/// Who may erase a room for everybody.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum EraseBy {
    /// Its owner.
    Owner,
    /// Every member; who came after the owner had locked the room last has the others asked.
    AnyMember,
}

impl From<EraseBy> for snapshot::EraseBy {
    fn from(by: EraseBy) -> Self {
        match by {
            EraseBy::Owner => Self::Owner,
            EraseBy::AnyMember => Self::AnyMember,
        }
    }
}

impl NewRoom {
    /// What joiners need beside the code.
    pub(crate) fn passphrase(&self) -> io::Result<Option<SecretText>> {
        passphrase(self.room_passphrase_file.as_ref())
    }

    /// The rules that it begins with.
    pub(crate) fn rules(&self) -> NewRules {
        let Self {
            message_ttl,
            idle_ttl,
            max_members,
            outlives_owner,
            everything_view_once,
            receipts,
            no_presence,
            erase_by,
            ..
        } = *self;
        NewRules {
            message_ttl,
            idle_ttl,
            max_members,
            owner_leave_closes: !outlives_owner,
            everything_view_once,
            receipts: receipts.into(),
            presence: !no_presence,
            erase_by: erase_by.into(),
        }
    }
}

#[derive(Debug, Args)]
pub(crate) struct Invited {
    /// A link, a code or thirteen words; `-` reads it from the first line of the input, where other programs cannot see it.
    invitation: String,
    /// Where the room is, if the invitation does not say: host[:port].
    #[arg(long)]
    pub(crate) address: Option<String>,
    /// Your name in the room; a random one if you name none.
    #[arg(long)]
    pub(crate) name: Option<String>,
    /// A file whose first line is the room's passphrase, where it asks for one.
    #[arg(long)]
    room_passphrase_file: Option<PathBuf>,
}

impl Invited {
    /// The room's passphrase.
    pub(crate) fn passphrase(&self) -> io::Result<Option<SecretText>> {
        passphrase(self.room_passphrase_file.as_ref())
    }

    /// The invitation.
    pub(crate) fn read(&self) -> io::Result<String> {
        if self.invitation != "-" {
            return Ok(self.invitation.clone());
        }
        first_line(io::stdin().lock())
    }
}

fn passphrase(file: Option<&PathBuf>) -> io::Result<Option<SecretText>> {
    let read = |file| File::open(file).and_then(|file| first_line(BufReader::new(file))).map(SecretText::new);
    file.map(read).transpose()
}
