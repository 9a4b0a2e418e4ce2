//! `v4.channel.k8s.io`: messages whose first byte is a channel, two for each port: data, and what went
//! wrong. Each channel begins with its port's number.

use bytes::Bytes;
use futures::{SinkExt as _, StreamExt as _};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::protocol::Message;

use super::BUFFER;
use super::pod::Pod;

/// Carries until one side closes, or every port is at its end.
pub(super) async fn carry<S>(socket: WebSocketStream<S>, ports: &[u16], pod: &Pod)
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let (mut sink, mut messages) = socket.split();
    let (send, mut queue) = mpsc::channel::<Message>(16);
    // Ends with this function, and with it what it holds of the pod.
    let mut readers = JoinSet::new();
    let mut writers = Vec::new();
    for (nth, port) in (0_u8..).zip(ports.iter().copied()) {
        let (data, error) = (2 * nth, 2 * nth + 1);
        let [low, high] = port.to_le_bytes();
        for channel in [data, error] {
            let begins = Message::Binary(Bytes::copy_from_slice(&[channel, low, high]));
            if sink.send(begins).await.is_err() {
                return;
            }
        }
        match pod.connect(port) {
            Ok(stream) => {
                let (mut read, write) = tokio::io::split(stream);
                writers.push(Some(write));
                let send = send.clone();
                readers.spawn(async move {
                    let mut buffer = vec![0; BUFFER / 2];
                    while let Ok(length @ 1..) = read.read(&mut buffer).await {
                        if send.send(framed(data, &buffer[..length])).await.is_err() {
                            return;
                        }
                    }
                });
            }
            Err(said) => {
                writers.push(None);
                if sink.send(framed(error, said.as_bytes())).await.is_err() {
                    return;
                }
            }
        }
    }
    // The queue ends with the last reader.
    drop(send);
    let inbound = async {
        while let Some(Ok(message)) = messages.next().await {
            match message {
                Message::Binary(bytes) => {
                    let Some((channel, data)) = bytes.split_first() else {
                        continue;
                    };
                    let writer = writers.get_mut(usize::from(channel / 2));
                    if let Some(Some(writer)) = writer
                        && channel % 2 == 0
                        && writer.write_all(data).await.is_err()
                    {
                        return;
                    }
                }
                Message::Close(_) => return,
                Message::Text(_) | Message::Ping(_) | Message::Pong(_) | Message::Frame(_) => {}
            }
        }
    };
    let outbound = async {
        while let Some(message) = queue.recv().await {
            if sink.send(message).await.is_err() {
                return;
            }
        }
        drop(sink.send(Message::Close(None)).await);
    };
    tokio::select! {
        () = inbound => {}
        () = outbound => {}
    }
}

fn framed(channel: u8, data: &[u8]) -> Message {
    let mut frame = Vec::with_capacity(data.len() + 1);
    frame.push(channel);
    frame.extend_from_slice(data);
    Message::Binary(Bytes::from(frame))
}
