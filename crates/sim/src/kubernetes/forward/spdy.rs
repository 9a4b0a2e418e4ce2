//! As much of SPDY 3.1 as kubectl's port-forward speaks: for each connection a stream for what goes
//! wrong and one for data, opened by the client. Nothing is pushed, and there is no flow control, as in
//! Kubernetes' own implementation.

use std::collections::BTreeMap;
use std::io;

use flate2::{Compress, Compression, Decompress, FlushCompress, FlushDecompress, Status};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt as _, DuplexStream, WriteHalf};
use tokio::sync::mpsc;
use tokio::task::JoinSet;

use super::BUFFER;
use super::pod::Pod;

/// What both sides know of header blocks before the first one: appendix of the SPDY 3 draft.
const DICTIONARY: &[u8] = include_bytes!("spdy.dictionary");
const SYN_STREAM: u16 = 1;
const SYN_REPLY: u16 = 2;
const RST_STREAM: u16 = 3;
const PING: u16 = 6;
/// The flag of a stream's last frame from a side.
const FIN: u8 = 1;
/// The longest frame that is read.
const FRAME_BYTES_MAX: usize = 1024 * 1024;
/// The longest header block, unpacked.
const HEADERS_BYTES_MAX: usize = 64 * 1024;

/// A frame's head and what follows.
struct Frame {
    /// The type of a control frame; `None`: data.
    control: Option<u16>,
    /// The stream of a data frame.
    stream: u32,
    flags: u8,
    rest: Vec<u8>,
}

/// Carries until the other side is gone or says something that cannot be read.
pub(super) async fn carry<S>(io: S, pod: &Pod)
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let (mut read, mut write) = tokio::io::split(io);
    let (send, mut queue) = mpsc::channel::<Vec<u8>>(16);
    let inbound = async {
        let mut streams = Streams::new(send);
        while let Ok(Some(frame)) = next(&mut read).await {
            if let Err(error) = streams.take(frame, pod).await {
                tracing::debug!(%error, "read SPDY");
                return;
            }
        }
    };
    let outbound = async {
        while let Some(frame) = queue.recv().await {
            if write.write_all(&frame).await.is_err() || write.flush().await.is_err() {
                return;
            }
        }
    };
    tokio::select! {
        () = inbound => {}
        () = outbound => {}
    }
    drop(write.shutdown().await);
}

/// The next frame; none at the end.
async fn next(read: &mut (impl AsyncRead + Unpin)) -> io::Result<Option<Frame>> {
    let mut head = [0; 8];
    if read.read_exact(&mut head).await.is_err() {
        return Ok(None);
    }
    let word = u32::from_be_bytes([head[0], head[1], head[2], head[3]]);
    let length = usize::try_from(u32::from_be_bytes([0, head[5], head[6], head[7]])).unwrap_or(0);
    if length > FRAME_BYTES_MAX {
        return Err(wrong("a frame is too long"));
    }
    let mut rest = vec![0; length];
    read.read_exact(&mut rest).await?;
    let control = word >> 31 == 1;
    Ok(Some(Frame {
        control: control.then_some(u16::from_be_bytes([head[2], head[3]])),
        stream: word & 0x7fff_ffff,
        flags: head[4],
        rest,
    }))
}

/// A stream that the client opened.
enum Stream {
    /// What goes wrong with the connection of this number is written here.
    Error { connection: String },
    /// Its data; nothing more comes from the client when it is `None`.
    Data(Option<WriteHalf<DuplexStream>>),
}

struct Streams {
    send: mpsc::Sender<Vec<u8>>,
    open: BTreeMap<u32, Stream>,
    readers: JoinSet<()>,
    unpack: Decompress,
    pack: Option<Compress>,
}

impl Streams {
    fn new(send: mpsc::Sender<Vec<u8>>) -> Self {
        Self {
            send,
            open: BTreeMap::new(),
            readers: JoinSet::new(),
            unpack: Decompress::new(true),
            pack: None,
        }
    }

    async fn take(&mut self, frame: Frame, pod: &Pod) -> io::Result<()> {
        match frame.control {
            Some(SYN_STREAM) => self.begin(&frame, pod).await,
            Some(PING) => self.say(control(PING, &frame.rest)).await,
            Some(RST_STREAM) => {
                self.open.remove(&stream_of(&frame.rest)?);
                Ok(())
            }
            // SETTINGS, GOAWAY, WINDOW_UPDATE: nothing follows from them here.
            Some(_) => Ok(()),
            None => {
                if let Some(Stream::Data(to_pod)) = self.open.get_mut(&frame.stream)
                    && let Some(writer) = to_pod
                {
                    let failed = writer.write_all(&frame.rest).await.is_err();
                    if failed || frame.flags & FIN != 0 {
                        drop(writer.shutdown().await);
                        *to_pod = None;
                    }
                }
                Ok(())
            }
        }
    }

    async fn begin(&mut self, frame: &Frame, pod: &Pod) -> io::Result<()> {
        let id = stream_of(&frame.rest)?;
        let block = frame
            .rest
            .get(10..)
            .ok_or_else(|| wrong("a stream without headers"))?;
        let headers = self.unpacked(block)?;
        let of = |name: &str| headers.get(name).cloned().unwrap_or_default();
        let nothing = self.packed(&0_u32.to_be_bytes())?;
        let reply = [id.to_be_bytes().as_slice(), nothing.as_slice()].concat();
        self.say(control(SYN_REPLY, &reply)).await?;
        let connection = of("requestid");
        if of("streamtype") == "error" {
            self.open.insert(id, Stream::Error { connection });
            return Ok(());
        }
        let of_it =
            |one: &Stream| matches!(one, Stream::Error { connection: of } if *of == connection);
        let errors = self
            .open
            .iter()
            .find(|(_, one)| of_it(one))
            .map(|(id, _)| *id);
        let port = of("port")
            .parse()
            .map_err(|_| wrong("a stream without a port"))?;
        match pod.connect(port) {
            Ok(stream) => {
                let (mut read, write) = tokio::io::split(stream);
                self.open.insert(id, Stream::Data(Some(write)));
                let send = self.send.clone();
                self.readers.spawn(async move {
                    let mut buffer = vec![0; BUFFER / 2];
                    while let Ok(length @ 1..) = read.read(&mut buffer).await {
                        if send.send(data(id, 0, &buffer[..length])).await.is_err() {
                            return;
                        }
                    }
                    for one in [Some(id), errors].into_iter().flatten() {
                        drop(send.send(data(one, FIN, &[])).await);
                    }
                });
            }
            Err(said) => {
                self.open.insert(id, Stream::Data(None));
                if let Some(errors) = errors {
                    self.say(data(errors, FIN, said.as_bytes())).await?;
                }
                self.say(data(id, FIN, &[])).await?;
            }
        }
        Ok(())
    }

    async fn say(&self, frame: Vec<u8>) -> io::Result<()> {
        let sent = self.send.send(frame).await;
        sent.map_err(|_| wrong("nobody reads"))
    }

    /// Names and values; all blocks of a side are one stream of zlib.
    fn unpacked(&mut self, block: &[u8]) -> io::Result<BTreeMap<String, String>> {
        let mut out = Vec::with_capacity(HEADERS_BYTES_MAX);
        let mut taken = 0;
        while taken < block.len() {
            let (read, made) = (self.unpack.total_in(), out.len());
            let rest = &block[taken..];
            let done = self
                .unpack
                .decompress_vec(rest, &mut out, FlushDecompress::Sync);
            taken += usize::try_from(self.unpack.total_in() - read).unwrap_or(rest.len());
            match done {
                Err(error) if error.needs_dictionary().is_some() => {
                    let known = self.unpack.set_dictionary(DICTIONARY);
                    known.map_err(|_| wrong("another dictionary"))?;
                }
                Err(_) => return Err(wrong("headers that cannot be unpacked")),
                Ok(Status::StreamEnd) => break,
                Ok(_) if self.unpack.total_in() == read && out.len() == made => break,
                Ok(_) => {}
            }
        }
        let mut rest = out.as_slice();
        let count = number(&mut rest)?;
        let mut headers = BTreeMap::new();
        for _ in 0..count.min(64) {
            let name = word(&mut rest)?;
            headers.insert(name.to_ascii_lowercase(), word(&mut rest)?);
        }
        Ok(headers)
    }

    fn packed(&mut self, block: &[u8]) -> io::Result<Vec<u8>> {
        let pack = match &mut self.pack {
            Some(pack) => pack,
            none => {
                let mut first = Compress::new(Compression::fast(), true);
                let known = first.set_dictionary(DICTIONARY);
                known.map_err(|_| wrong("the dictionary"))?;
                none.insert(first)
            }
        };
        let mut out = Vec::with_capacity(block.len() + 256);
        let done = pack.compress_vec(block, &mut out, FlushCompress::Sync);
        done.map_err(|_| wrong("headers that cannot be packed"))?;
        Ok(out)
    }
}

fn number(rest: &mut &[u8]) -> io::Result<u32> {
    let (head, tail) = rest
        .split_first_chunk::<4>()
        .ok_or_else(|| wrong("headers that end early"))?;
    *rest = tail;
    Ok(u32::from_be_bytes(*head))
}

fn word(rest: &mut &[u8]) -> io::Result<String> {
    let length = usize::try_from(number(rest)?).unwrap_or(usize::MAX);
    let (head, tail) = rest
        .split_at_checked(length)
        .ok_or_else(|| wrong("headers that end early"))?;
    *rest = tail;
    Ok(String::from_utf8_lossy(head).into_owned())
}

/// The stream that a control frame is about.
fn stream_of(rest: &[u8]) -> io::Result<u32> {
    let id = rest
        .first_chunk::<4>()
        .ok_or_else(|| wrong("a frame that is too short"))?;
    Ok(u32::from_be_bytes(*id) & 0x7fff_ffff)
}

fn control(kind: u16, rest: &[u8]) -> Vec<u8> {
    let [high, low] = kind.to_be_bytes();
    let mut frame = vec![0x80, 3, high, low];
    put(&mut frame, 0, rest);
    frame
}

fn data(stream: u32, flags: u8, rest: &[u8]) -> Vec<u8> {
    let mut frame = stream.to_be_bytes().to_vec();
    put(&mut frame, flags, rest);
    frame
}

/// Flags, length, content.
fn put(frame: &mut Vec<u8>, flags: u8, rest: &[u8]) {
    let length = u32::try_from(rest.len()).unwrap_or_default() & 0x00ff_ffff;
    frame.extend_from_slice(&((u32::from(flags) << 24) | length).to_be_bytes());
    frame.extend_from_slice(rest);
}

fn wrong(what: &'static str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what)
}
