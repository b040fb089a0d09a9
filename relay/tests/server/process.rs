//! The program, started and stopped.

use std::{
    io::{self, BufRead, BufReader, Read as _},
    net::SocketAddr,
    path::Path,
    process::{Child, Command, Stdio},
    thread,
    time::Duration,
};

use tokio::net::TcpStream;

use crate::lab::Client;

/// A relay in a process of its own.
pub(crate) struct Server {
    pub(crate) process: Ends,
    pub(crate) address: SocketAddr,
    stderr: Box<dyn BufRead + Send>,
}

impl Server {
    pub(crate) fn start(config: &Path) -> Self {
        Self::try_start(config).map_err(|said| format!("it ended before it listened: {said}")).unwrap()
    }

    /// Starts it, or returns what it said before it ended.
    pub(crate) fn try_start(config: &Path) -> Result<Self, String> {
        Self::try_start_as(program(config))
    }

    pub(crate) fn try_start_as(mut program: Command) -> Result<Self, String> {
        let mut process = Ends(program.stderr(Stdio::piped()).spawn().unwrap());
        let mut stderr = BufReader::new(process.0.stderr.take().unwrap());
        let (mut said, mut line) = (String::new(), String::new());
        while stderr.read_line(&mut line).unwrap() > 0 {
            if let Some((_, address)) = line.split_once("listening on ") {
                return Ok(Self { process, address: address.trim().parse().unwrap(), stderr: Box::new(stderr) });
            }
            said.push_str(&line);
            line.clear();
        }
        Err(said)
    }

    pub(crate) async fn connect(&self) -> Client {
        Client::over(TcpStream::connect(self.address).await.unwrap(), [0; 32]).await
    }

    /// Reads what it logs until a line says this, and returns the line.
    pub(crate) fn says(&mut self, text: &str) -> String {
        let mut line = String::new();
        while !line.contains(text) {
            line.clear();
            assert!(self.stderr.read_line(&mut line).unwrap() > 0, "it ended and never said: {text}");
        }
        line
    }

    /// Closes the pipe that it logs to.
    pub(crate) fn stop_reading(&mut self) {
        self.stderr = Box::new(io::empty());
    }

    pub(crate) fn signal(&self, name: &str) {
        let id = self.process.0.id().to_string();
        assert!(Command::new("kill").args([name, &id]).status().unwrap().success());
    }

    /// Sends SIGTERM and returns what else it logged.
    pub(crate) fn stop(mut self) -> String {
        self.signal("-TERM");
        assert!(self.process.0.wait().unwrap().success(), "a signal is no error");
        let mut rest = String::new();
        self.stderr.read_to_string(&mut rest).unwrap();
        rest
    }
}

/// The program under a limit of a file's size (`prlimit` of util-linux), or behind another word of the shell.
pub(crate) fn program_in(shell: &str, config: &Path) -> Command {
    let mut command = Command::new("sh");
    command.args(["-c", &format!("{shell} \"$0\" --config \"$1\""), env!("CARGO_BIN_EXE_conclave-relay")]).arg(config);
    command
}

pub(crate) fn program(config: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_conclave-relay"));
    command.arg("--config").arg(config);
    command
}

/// A program that ends with the test, also with one that failed.
#[derive(Debug)]
pub(crate) struct Ends(pub(crate) Child);

impl Drop for Ends {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// What the program says when it refuses to start with this configuration.
pub(crate) fn refusal(config: &Path) -> String {
    let mut refusing = Ends(program(config).stderr(Stdio::piped()).spawn().unwrap());
    let mut ended = None;
    for _ in 0..LOOKS {
        ended = refusing.0.try_wait().unwrap();
        if ended.is_some() {
            break;
        }
        thread::sleep(LOOK);
    }
    assert_eq!(ended.and_then(|status| status.code()), Some(1), "it refuses");
    let mut said = String::new();
    refusing.0.stderr.take().unwrap().read_to_string(&mut said).unwrap();
    said
}

/// A program that has not ended after a minute serves.
const LOOKS: u32 = 3000;
const LOOK: Duration = Duration::from_millis(20);

/// A certificate of an authority for a key of its own: certificate and key in PEM, and the pin of the key.
pub(crate) fn certificate() -> (String, String, [u8; 32]) {
    certificate_of_years(2020, 2100)
}

/// One that is valid from the beginning of one year to that of another.
pub(crate) fn certificate_of_years(from: i32, to: i32) -> (String, String, [u8; 32]) {
    let pair = rcgen::KeyPair::generate().unwrap();
    let mut params = rcgen::CertificateParams::new(vec!["relay.example.org".to_owned()]).unwrap();
    params.not_before = rcgen::date_time_ymd(from, 1, 1);
    params.not_after = rcgen::date_time_ymd(to, 1, 1);
    let certificate = params.self_signed(&pair).unwrap().pem();
    let identity = conclave_relay::TlsIdentity::from_key(&pair.serialize_der()).unwrap();
    (certificate, pair.serialize_pem(), identity.pin())
}
